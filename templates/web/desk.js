// What scripts add to the desk: text is kept while it is written, hints and the proof follow it,
// stories are moved by keys and by dragging, and words are counted. Everything here posts the same
// forms and reads the same pages as a browser without scripts.

import { signInAgain } from "./sign-in-again.js";

const form = document.querySelector("form[data-autosave]");
const frame = document.querySelector("iframe[data-proof]");
const lost = document.querySelector("#lost");
const PAUSE = 300;
const LONGEST_WAIT = 16000;
const TOAST_STAYS = 20000;

let timer = 0;
let sending = Promise.resolve();
let underWay = 0;
let unsaved = false;

// Keep.

function changed() {
  unsaved = true;
  clearTimeout(timer);
  timer = setTimeout(() => keep(), PAUSE);
}

/** Post the form, with something that was asked besides; show what the answer says. */
function keep(asked = {}, fields = new FormData(form)) {
  clearTimeout(timer);
  unsaved = false;
  for (const [name, value] of Object.entries(asked)) fields.set(name, value);
  underWay += 1;
  sending = sending.then(() => post(fields)).finally(() => {
    underWay -= 1;
  });
  return sending;
}

async function post(fields) {
  for (let wait = 1000; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      // Only now: the answer to the post before may have changed what this one was made from.
      const base = form.querySelector("#nu");
      if (base && fields.get("nyhet") === form.elements.nyhet?.value) fields.set("nu", base.value);
      const answer = await fetch(form.action || location.href, { method: "POST", body: fields });
      if (answer.status === 409) return form.submit();
      // 422: it cannot be kept like that; the answer says why, and what was typed stays here.
      if (answer.ok || answer.status === 422) {
        show(new DOMParser().parseFromString(await answer.text(), "text/html"));
        if (lost) lost.hidden = true;
        return;
      }
      if (answer.status === 401) {
        if (lost) lost.hidden = false;
        unsaved = true;
        fields.set("svar", await signInAgain(await answer.text()));
        catchUp(fields);
        continue;
      }
    } catch {
      // No connection: the text stays in the page, and the next try takes it along.
    }
    if (lost) lost.hidden = false;
    unsaved = true;
    await new Promise((again) => setTimeout(again, wait));
    catchUp(fields);
  }
}

/** Take into a post what was written while it waited. */
function catchUp(fields) {
  if (fields.has("spara") || !fields.has("flytta")) {
    for (const [name, value] of new FormData(form)) fields.set(name, value);
  }
  unsaved = false;
}

/** Put the parts of a page that follow the text in place of ours; the reader's place is kept. */
function show(page) {
  for (const mine of document.querySelectorAll("[data-live]")) {
    const theirs = page.getElementById(mine.id);
    if (!theirs) continue;
    if (mine instanceof HTMLInputElement) {
      mine.value = theirs.value;
    } else if (mine.innerHTML !== theirs.innerHTML) {
      const held = place(mine);
      mine.replaceChildren(...theirs.childNodes);
      if (held) mine.querySelector(held)?.focus();
    }
  }
  for (const field of document.querySelectorAll(".field")) {
    const control = field.querySelector("input, textarea");
    const theirs = control?.id && page.getElementById(control.id)?.closest(".field");
    if (theirs) field.classList.toggle("wrong", theirs.classList.contains("wrong"));
  }
  count();
  if (frame) {
    // The same address with a `#` would only be scrolled to, not asked for again.
    const proof = new URL(frame.src);
    proof.searchParams.set("tid", Date.now());
    frame.src = proof;
  }
}

/** Return how to find what has the focus again, once its surroundings are new. */
function place(part) {
  const focused = document.activeElement;
  if (!part.contains(focused)) return "";
  if (focused.name) return `[name="${focused.name}"][value="${CSS.escape(focused.value)}"]`;
  return focused.matches("a[aria-current]") ? "a[aria-current]" : "";
}

// Count.

function count() {
  for (const told of document.querySelectorAll("[data-count-of]")) {
    const text = document.getElementById(told.dataset.countOf).value;
    const words = text.split(/\s+/).filter(Boolean).length;
    told.textContent = told.dataset.count.replace("{n}", text.length).replace("{w}", words);
  }
  const button = document.querySelector("#go-on");
  if (button) {
    const n = form.querySelectorAll("[name=vald]:checked").length;
    button.textContent =
      n === 1 ? button.dataset.countOne : button.dataset.count.replace("{n}", n);
  }
}

// Order.

async function move(way) {
  const before = standing();
  await keep({ flytta: way });
  const after = standing();
  if (!after) return;
  const words = document.querySelector("#said").dataset;
  if (before && before.n === after.n && before.section === after.section) {
    say(way.endsWith("upp") ? words.first : words.last);
  } else {
    say(words.place.replace(/{(\w+)}/g, (_, name) => after[name]));
  }
}

/** Return where the story that is written stands. */
function standing() {
  const current = document.querySelector(".outline .current");
  if (!current) return null;
  const list = current.parentElement;
  return {
    title: current.querySelector("a").firstChild.textContent.trim(),
    n: [...list.children].indexOf(current) + 1,
    all: list.children.length,
    section: list.dataset.section,
  };
}

function say(words) {
  const told = document.querySelector("#said");
  if (told) told.textContent = words;
}

// Undo and redo.

/** Go to another version by its button, and show it here: the focus stays. */
async function travel(button) {
  await (unsaved ? keep() : sending);
  const fields = new FormData(button.form, button);
  const answer = await fetch(button.form.action, { method: "POST", body: fields });
  if (!answer.ok) {
    // The story is not in that version, or the sign-in is over.
    location.assign(form.action);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const mine of form.elements) {
    const theirs = mine.id && page.getElementById(mine.id);
    if (!theirs || mine.type === "file") continue;
    if ("checked" in mine) mine.checked = theirs.checked;
    mine.value = theirs.value;
    mine.defaultValue = theirs.defaultValue;
  }
  const brought = button.dataset.bringsBack;
  show(page);
  say(button.dataset.said);
  // The button is gone with its toast.
  if (brought) document.querySelector(`.outline [data-item="${brought}"] a`)?.focus();
}

/** Tell whether the browser has something of its own to undo: what was typed in a field. */
function isTyping(field) {
  return /^(text|url|search|textarea)$/.test(field.type) && field.value !== field.defaultValue;
}

// What was removed.

/** Read a toast out, and take it away after a while in which nobody is at it. */
function letGo(toast) {
  say(toast.querySelector("p").textContent);
  let left = TOAST_STAYS;
  setInterval(() => {
    if (!toast.matches(":hover, :focus-within")) left -= 1000;
    if (left <= 0) toast.remove();
  }, 1000);
}

// Pictures.

/** Put a picture that was dropped or pasted where a chosen one would be, and keep it. */
function takePicture(event, files) {
  const place = form.elements.bild;
  const picture = [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
  if (!place || !picture) return;
  event.preventDefault();
  const chosen = new DataTransfer();
  chosen.items.add(picture);
  place.files = chosen.files;
  form.requestSubmit();
}

function letDrop(pane) {
  const isFile = (event) => event.dataTransfer?.types.includes("Files");
  pane.addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    pane.classList.add("dropping");
  });
  pane.addEventListener("dragleave", () => pane.classList.remove("dropping"));
  pane.addEventListener("drop", (event) => {
    pane.classList.remove("dropping");
    if (isFile(event)) takePicture(event, event.dataTransfer.files);
  });
  pane.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) takePicture(event, event.clipboardData.files);
  });
}

function letDrag(outline) {
  let dragged = null;
  outline.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("li[data-item]");
    if (row) row.draggable = Boolean(event.target.closest(".grip"));
  });
  outline.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li[data-item]");
    event.dataTransfer.effectAllowed = "move";
  });
  outline.addEventListener("dragover", (event) => {
    const over = event.target.closest("li[data-item]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const after = event.clientY > box.top + box.height / 2;
    over.parentElement.insertBefore(dragged, after ? over.nextSibling : over);
  });
  outline.addEventListener("dragend", () => {
    if (!dragged) return;
    const list = dragged.parentElement;
    const fields = new FormData();
    fields.set("svar", form.elements.svar.value);
    fields.set("nyhet", dragged.dataset.item);
    fields.set("flytta", "till");
    fields.set("till_avsnitt", list.dataset.section);
    fields.set("till_plats", [...list.children].indexOf(dragged) + 1);
    dragged = null;
    keep({}, fields);
  });
}

// Show as.

function letChoose(tabs) {
  tabs.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (!tab) return;
    event.preventDefault();
    for (const other of tabs.children) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
    const pane = document.querySelector("#frame");
    pane.className = `frame ${tab.dataset.view}`;
    pane.setAttribute("aria-labelledby", tab.id);
    frame.src = frame.dataset.proof + tab.dataset.view + new URL(frame.src).search +
      new URL(frame.src).hash;
  });
  tabs.addEventListener("keydown", (event) => {
    const all = [...tabs.children];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const tab = all[(to + all.length) % all.length];
    tab.focus();
    tab.click();
  });
}

// Begin.

if (form) {
  const typedIn = document.activeElement;
  // Written before this script was there.
  if (form.contains(typedIn) && typedIn.matches("input, textarea") &&
      typedIn.value !== typedIn.defaultValue) changed();
  form.addEventListener("input", (event) => {
    count();
    if (event.target.type !== "file" && !event.target.closest(".search")) changed();
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (underWay) {
      // The answer to come changes what this was made from: without it we would be another editor.
      event.preventDefault();
      sending.then(() => form.requestSubmit(event.submitter));
      return;
    }
    unsaved = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      form.querySelector("[name=nasta]")?.click();
    } else if (event.ctrlKey && event.key === "s") {
      event.preventDefault();
      keep().then(() => say(document.querySelector("#said").dataset.saved));
    } else if (event.ctrlKey && event.key.toLowerCase() === "z") {
      const button = document.querySelector(event.shiftKey ? "[name=gor_om]" : "[name=angra]");
      if (!button || isTyping(event.target)) return;
      event.preventDefault();
      travel(button);
    } else if (event.key === "Escape" && form.contains(event.target)) {
      document.querySelector(".outline a[aria-current]")?.focus();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      if (!form.elements.nyhet) return;
      event.preventDefault();
      const way = event.key === "ArrowUp" ? "upp" : "ned";
      move(event.shiftKey ? `avsnitt_${way}` : way);
    }
  });
  document.addEventListener("click", (event) => {
    const other = event.target.closest("button[name=angra], button[name=gor_om]");
    if (other?.dataset.said) {
      event.preventDefault();
      travel(other);
      return;
    }
    const button = event.target.closest("button[name=flytta], button[name=ratta]");
    if (!button || button.form !== form) return;
    event.preventDefault();
    // A mended field shows its new words only on a page that was read anew.
    if (button.name === "ratta") keep().then(() => form.requestSubmit(button));
    else move(button.value);
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved && lost && !lost.hidden) event.preventDefault();
  });
  addEventListener("online", () => changed());
  // A hint of the check leads to its field.
  if (location.hash) form.elements[location.hash.slice(1)]?.focus?.();
  count();
}
// Single keys never act inside fields, and can be switched off (WCAG 2.2, 2.1.4).
const single = document.querySelector("#single-keys");
if (single) {
  single.checked = localStorage.getItem("single-keys") !== "off";
  single.addEventListener("change", () => {
    localStorage.setItem("single-keys", single.checked ? "on" : "off");
  });
}
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.altKey) return;
  if (localStorage.getItem("single-keys") === "off") return;
  const keys = document.querySelector("#keys");
  const search = document.querySelector("#sok");
  if (event.key === "?" && keys) {
    keys.open = true;
    keys.querySelector("summary").focus();
  } else if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  }
});
const pasted = document.querySelector("[data-pasted-into]");
if (pasted) {
  const markup = document.getElementById(pasted.dataset.pastedInto);
  pasted.addEventListener("paste", (event) => {
    const copied = event.clipboardData.getData("text/html");
    // Together with the text, which follows; what is typed afterwards is only in the text.
    setTimeout(() => {
      markup.value = copied;
    });
  });
  pasted.addEventListener("input", () => {
    markup.value = "";
  });
}
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies);
    text.select();
    // Only pages that came by https may write to the clipboard themselves.
    await (navigator.clipboard?.writeText(text.value) ?? document.execCommand("copy"));
    button.querySelector("span").textContent = button.dataset.said;
    say(button.dataset.said);
  });
}
const counting = document.querySelector("[data-countdown]");
if (counting) {
  const ends = Date.now() + counting.dataset.countdown * 1000;
  const told = document.querySelector("#countdown");
  setInterval(() => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    if (told) told.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 0) location.reload();
  }, 1000);
}
const toast = document.querySelector(".toast");
if (toast) letGo(toast);
const outline = document.querySelector(".outline");
if (outline && form) letDrag(outline);
const pane = document.querySelector("#form-pane");
if (pane && form) letDrop(pane);
const tabs = document.querySelector(".tabs");
if (tabs) letChoose(tabs);
