// A form with data-autosave="URL" is posted there some seconds after a change, and once more when one leaves the page.
// The server answers 2xx for kept, 409 for saved by somebody else meanwhile; anything else, or no answer, is said in the form's status line.
import { once } from "./once.js";

const QUIET = 2500;

export function autosave(root) {
  for (const form of once(root, "form[data-autosave]")) {
    const status = form.querySelector("[data-autosave-status]");
    let timer = 0;
    let dirty = false;
    let sending = false;

    const show = (state) => {
      if (!status) return;
      status.dataset.state = state;
      const text = status.dataset[state];
      if (text && status.textContent !== text) status.textContent = text;
    };

    const body = () => {
      const data = new FormData(form);
      for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
      return data;
    };

    const save = async () => {
      clearTimeout(timer);
      if (sending || !dirty) return;
      dirty = false;
      sending = true;
      show("saving");
      try {
        const answer = await fetch(form.dataset.autosave, {
          method: "POST",
          body: body(),
          credentials: "same-origin",
          headers: { "X-Requested-With": "autosave", Accept: "application/json" },
          redirect: "error",
        });
        if (answer.status === 409) {
          // Somebody else has saved meanwhile: trying again won't help, the page that the button leads to shows both.
          show("failed");
          if (status?.dataset.conflict) status.textContent = status.dataset.conflict;
          return;
        }
        if (!answer.ok) throw new Error(answer.statusText);
        show(dirty ? "dirty" : "saved");
      } catch {
        dirty = true;
        show("failed");
        timer = setTimeout(save, QUIET * 4);
      } finally {
        sending = false;
      }
      if (dirty && status?.dataset.state === "dirty") timer = setTimeout(save, QUIET);
    };

    const changed = () => {
      dirty = true;
      if (!sending) show("dirty");
      clearTimeout(timer);
      timer = setTimeout(save, QUIET);
    };

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", () => {
      dirty = false;
      clearTimeout(timer);
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "hidden" || !dirty) return;
      navigator.sendBeacon(form.dataset.autosave, body());
    });
  }
}
