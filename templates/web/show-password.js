// "Show" beside the field of a password: the button is there for who has scripts.

/** Let every such button of a page, or of a part of one, show its field and hide it again. */
export function letShow(part) {
  for (const button of part.querySelectorAll("[data-shows]")) {
    const field = part.querySelector(`#${button.dataset.shows}`);
    const show = (shown) => {
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    };
    button.hidden = false;
    button.addEventListener("click", () => show(field.type === "password"));
    // Browsers remember what was sent from an ordinary field, to offer it again.
    field.form.addEventListener("submit", () => show(false));
  }
}

letShow(document);
