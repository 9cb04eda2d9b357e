// Buttons with data-copy put their text on the clipboard and say so.
import { once } from "./once.js";

export function copying(root) {
  for (const button of once(root, "button[data-copy]")) {
    const label = button.querySelector("span") ?? button;
    const text = label.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        const field = button.parentElement.querySelector("input");
        field?.select();
        if (!field || !document.execCommand("copy")) return;
      }
      label.setAttribute("role", "status");
      label.textContent = button.dataset.done;
      setTimeout(() => { label.textContent = text; }, 2500);
    });
  }
}
