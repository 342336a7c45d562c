// A sign-in that ended while somebody writes. The form of the sign-in page opens over what they are
// writing, which stays in the page and nowhere else; signed in again, they go on where they were.

import { letShow } from "./show-password.js";

/** Return what forms must carry from now on, once the visitor is signed in again.
 *  `html` is the page that a post which came too late was answered with. */
export async function signInAgain(html) {
  const dialog = document.createElement("dialog");
  dialog.className = "sign-in-again";
  let page = read(html);
  while (!answerIn(page)) page = await next(dialog, page);
  dialog.remove();
  // Every form of this page was made under the sign-in that ended.
  for (const field of document.querySelectorAll("input[name=svar]")) field.value = answerIn(page);
  return answerIn(page);
}

/** Show the form of a sign-in page; return the page it is answered with. */
async function next(dialog, page) {
  dialog.replaceChildren(page.querySelector("#sign-in"));
  letShow(dialog);
  const heading = dialog.querySelector("h1");
  heading.id = "sign-in-again";
  dialog.setAttribute("aria-labelledby", heading.id);
  if (!dialog.isConnected) document.body.append(dialog);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
  for (;;) {
    const press = await submitted(dialog);
    if (!press) {
      // Closed to look at the text, say. Whoever goes on writing is asked again.
      await new Promise((typed) => document.addEventListener("input", typed, { once: true }));
      dialog.showModal();
      continue;
    }
    try {
      const form = new FormData(press.target, press.submitter);
      const answer = await fetch(press.target.action, { method: "POST", body: form });
      return read(await answer.text());
    } catch {
      // No connection: the form still stands there, and can be sent once more.
    }
  }
}

/** Return the press that sends the form; null when the dialog was closed instead. */
function submitted(dialog) {
  return new Promise((done) => {
    dialog.onclose = () => done(null);
    dialog.onsubmit = (event) => {
      event.preventDefault();
      done(event);
    };
  });
}

function read(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

function answerIn(page) {
  return page.querySelector("input[name=svar]")?.value;
}
