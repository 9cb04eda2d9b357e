// A refused form: the summary of errors takes the focus, and its links go to the field itself.
import { once } from "./once.js";

export function summaries(root) {
  for (const summary of once(root, ".error-summary")) {
    if (summary.hasAttribute("data-focus")) summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!target) return;
      event.preventDefault();
      const control = target.matches("input, select, textarea, button") ? target : target.querySelector("input, select, textarea");
      for (let parent = target.parentElement; parent; parent = parent.parentElement) {
        if (parent instanceof HTMLDetailsElement) parent.open = true;
      }
      (target.closest(".field") ?? target).scrollIntoView({ block: "start" });
      (control ?? target).focus({ preventScroll: true });
    });
  }
}
