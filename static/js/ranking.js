// A ranked list whose buttons already work: with a script a line can be dragged too, and moved with Alt and an arrow
// key. Both only reorder the hidden fields and send the list, so that the server says what it is now.
import { once } from "./once.js";

export function ranking(root) {
  for (const form of once(root, "form[data-ranking]")) {
    const list = form.querySelector(".ranking");
    // A button that leads nowhere stays in the order of keys, but does nothing.
    form.addEventListener("submit", (event) => {
      const { submitter } = event;
      if (submitter?.getAttribute("aria-disabled") === "true") {
        event.preventDefault();
        event.stopImmediatePropagation();
      } else if (submitter && !form.contains(submitter)) {
        // htmx knows only the buttons inside a form; one outside says in a hidden field what it is.
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name: submitter.name, value: submitter.value });
        form.append(field);
      }
    }, { capture: true });
    const { moved } = form.dataset;
    if (moved && document.activeElement === document.body) {
      (document.getElementById(`up-${moved}`) ?? form.querySelector("h2")).focus();
    }
    if (!list) continue;
    for (const line of list.children) line.draggable = true;
    list.addEventListener("keydown", (event) => {
      const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
      const line = event.target.closest("li");
      if (!event.altKey || !step || !line) return;
      event.preventDefault();
      const button = line.querySelector(`[id="${step}-${line.dataset.entry}"]`);
      button.focus();
      button.click();
    });
    dragging(form, list);
  }
}

function dragging(form, list) {
  let dragged = null;
  let before = "";
  const order = () => [...list.children].map((line) => line.dataset.entry).join();
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li");
    before = order();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.entry);
    dragged.classList.add("dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("li");
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const box = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientY > box.top + box.height / 2 ? over.nextSibling : over);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    dragged.classList.remove("dragged");
    dragged = null;
    if (order() !== before) form.requestSubmit();
  });
}
