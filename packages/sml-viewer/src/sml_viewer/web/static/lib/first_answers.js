// Answers that the server put into the page, which it would otherwise wait for.

/** @type {{ path: string, query: Record<string, any>, answer: any }[]} */
let answers = JSON.parse(document.getElementById("answers")?.textContent ?? "[]");

/** The answer to a request, while the page starts; undefined if it has to be sent. */
export function firstAnswer(path, query) {
  return answers.find((each) => each.path === path && JSON.stringify(each.query) === JSON.stringify(query))?.answer;
}

/** Send all requests from now on. */
export function forgetAnswers() {
  answers = [];
}
