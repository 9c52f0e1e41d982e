// Status lines: what was said last is said again in the reader's language when they change it.
import { $ } from "./dom.js";

const said = new Map();

// `words` gives the sentence in the language of the moment; `state` is ok, no, wait or nothing.
export function say(id, words, state = "") {
  said.set(id, words);
  $(id).textContent = words();
  $(id).dataset.state = state;
}

export function sayAgain() {
  for (const [id, words] of said) $(id).textContent = words();
}
