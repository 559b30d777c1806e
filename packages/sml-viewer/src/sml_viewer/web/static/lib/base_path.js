// The path of a proxy below which the page is served, from the server; "" for none.

/** The base path, without a slash at its end. */
export const basePath = document.documentElement.dataset.base ?? "";

/** A path of an address without the base path; "/" for the base path itself. */
export const withoutBase = (path) => (path === basePath || path.startsWith(`${basePath}/`) ? path.slice(basePath.length) || "/" : path);
