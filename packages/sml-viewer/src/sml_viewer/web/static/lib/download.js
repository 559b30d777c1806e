// Save content that a script made as a file.

/** Decode base64 to bytes. */
export const decodeBase64 = (data) => Uint8Array.from(atob(data), (each) => each.charCodeAt(0));

/** Download a file; `content` is text or bytes. */
export function download({ name, type, content }) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
