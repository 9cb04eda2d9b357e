// The groups board: a card is picked up by its handle (click, Space or Enter) or dragged, each group shows what it
// would do, arrow keys choose one, Escape cancels. Without a script the same form moves the people that are ticked.
import { once } from "./once.js";

const FAR = 6; // pixels until a press becomes a drag
const EDGE = 56; // where dragging scrolls

class Board {
  constructor(form) {
    this.form = form;
    this.columns = form.querySelector("[data-columns]");
    this.said = form.querySelector("[data-said]");
    this.held = null;
    this.busy = false;
    this.press = null;
    form.addEventListener("click", (event) => this.click(event), true);
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("focusin", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (grip) this.rove(grip);
    });
    this.columns.addEventListener("pointerdown", (event) => this.down(event));
    document.addEventListener("pointermove", (event) => this.moved(event));
    document.addEventListener("pointerup", (event) => this.up(event));
    document.addEventListener("pointercancel", () => this.letGo());
    this.rove(this.columns.querySelector("[data-grip]"));
  }

  // One tab stop for all handles: arrow keys lead from card to card.
  rove(grip) {
    for (const other of this.columns.querySelectorAll("[data-grip]")) other.tabIndex = other === grip ? 0 : -1;
  }

  // Seen above the groups, and heard: a live region has to be there before it speaks.
  say(text) {
    this.said.hidden = !text;
    this.said.textContent = text;
    this.form.querySelector("[data-live]").textContent = text;
  }

  list() {
    return [...this.columns.querySelectorAll("[data-column]")].filter((column) => !column.hidden);
  }

  // Holding a card -----------------------------------------------------------------------------------------------------

  async pick(card) {
    if (this.busy) return;
    this.cancel(false);
    const held = { card, id: card.dataset.card, name: card.dataset.name, home: card.closest("[data-column]"), target: null };
    this.held = held;
    card.classList.add("held");
    card.querySelector("[data-grip]").setAttribute("aria-pressed", "true");
    const fresh = this.columns.querySelector('[data-column="new"]');
    if (fresh) fresh.hidden = false;
    this.form.classList.add("board-holding");
    this.say(this.form.dataset.picked.replace("%s", held.name));
    try {
      const answer = await fetch(`${this.form.dataset.previewUrl}?who=${encodeURIComponent(held.id)}`, {
        credentials: "same-origin", headers: { Accept: "application/json" }, redirect: "error",
      });
      const found = await answer.json();
      if (this.held !== held) return;
      if (!answer.ok) throw new Error(found.error);
      held.columns = found.columns;
      this.preview();
    } catch (error) {
      if (this.held !== held) return;
      this.cancel(false);
      this.say(error instanceof TypeError || !error.message ? this.form.dataset.failed : error.message);
    }
  }

  preview() {
    for (const column of this.list()) {
      const box = column.querySelector("[data-preview]");
      const found = this.held.columns?.[column.dataset.column];
      if (!box || !found) continue;
      box.hidden = false;
      box.className = `preview ${found.tone}`;
      box.querySelector("p").textContent = found.text;
      box.querySelector("[data-drop]").hidden = column === this.held.home || "locked" in column.dataset;
    }
    if (this.held.target) this.announce(this.held.target);
  }

  aim(column) {
    if (!this.held || this.held.target === column) return;
    this.held.target?.classList.remove("target");
    this.held.target = column;
    column?.classList.add("target");
    if (column) this.announce(column);
  }

  announce(column) {
    const text = this.held.columns?.[column.dataset.column]?.text ?? "";
    this.say(`${this.held.name} → ${column.dataset.title}. ${text}`);
  }

  cancel(aloud = true) {
    const { held } = this;
    if (!held) return;
    this.held = null;
    this.form.classList.remove("board-holding");
    held.card.classList.remove("held");
    held.card.querySelector("[data-grip]")?.setAttribute("aria-pressed", "false");
    held.target?.classList.remove("target");
    for (const box of this.columns.querySelectorAll("[data-preview]")) box.hidden = true;
    const fresh = this.columns.querySelector('[data-column="new"]');
    if (fresh) fresh.hidden = true;
    if (aloud) this.say(this.form.dataset.cancelled.replace("%s", held.name));
  }

  drop(column) {
    const { held } = this;
    if (!held || !column || column === held.home || "locked" in column.dataset) {
      this.cancel();
      return;
    }
    const body = new FormData(this.form);
    const ticked = body.getAll("enrolments");
    if (!ticked.includes(held.id)) body.set("enrolments", held.id);
    body.set("to", column.dataset.column);
    this.cancel(false);
    this.send(this.form.action || location.href, body, held.id);
  }

  // Talking to the server ----------------------------------------------------------------------------------------------

  submit(event) {
    event.preventDefault();
    this.cancel(false);
    const button = event.submitter;
    const body = new FormData(this.form);
    if (button?.name) body.set(button.name, button.value);
    const place = document.activeElement?.closest("[data-column]")?.id;
    this.send(button?.hasAttribute("formaction") ? button.formAction : this.form.action || location.href, body, null, place);
  }

  async send(url, body, card, place) {
    if (this.busy) return;
    this.busy = true;
    this.form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, {
        method: "POST", body, credentials: "same-origin", redirect: "error",
        headers: { "X-Board": "1", Accept: "application/json" },
      });
      const found = await answer.json();
      if (answer.ok) this.apply(found, card, place);
      else this.say(found.error);
    } catch {
      this.say(this.form.dataset.failed);
    } finally {
      this.busy = false;
      this.form.removeAttribute("aria-busy");
    }
  }

  apply(found, card, place) {
    const active = document.activeElement?.dataset.step;
    for (const [id, html] of Object.entries(found.columns)) {
      const now = document.getElementById(id);
      const made = document.createRange().createContextualFragment(html).firstElementChild;
      if (now) now.replaceWith(made);
      else this.columns.append(made);
    }
    const fresh = this.columns.querySelector('[data-column="new"]');
    for (const column of this.columns.querySelectorAll("[data-column]")) {
      if (column !== fresh && !found.order.includes(column.id)) column.remove();
    }
    found.order.forEach((id, at) => {
      const column = document.getElementById(id);
      if (column && this.columns.children[at] !== column) this.columns.insertBefore(column, this.columns.children[at]);
    });
    this.replace("board-bar", found.bar);
    this.replace("board-move", found.move);
    this.say(found.said);
    const grip = card && this.columns.querySelector(`[data-card="${CSS.escape(card)}"] [data-grip]`);
    if (grip) grip.focus();
    else if (active) (this.form.querySelector(`[data-step="${active}"]:not(:disabled)`) ?? this.columns).focus();
    else if (place) (document.getElementById(place)?.querySelector("button[data-step]") ?? this.columns).focus();
    this.rove(grip || this.columns.querySelector("[data-grip]"));
  }

  replace(id, html) {
    const now = document.getElementById(id);
    if (!now) return;
    const open = now.querySelector("details")?.open;
    const made = document.createRange().createContextualFragment(html).firstElementChild;
    now.replaceWith(made);
    const details = made.querySelector("details");
    if (details && open) details.open = true;
  }

  // Keys and clicks ----------------------------------------------------------------------------------------------------

  click(event) {
    if (this.dragged) {
      // The click that ends a drag means nothing.
      this.dragged = false;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const grip = event.target.closest("[data-grip]");
    const put = event.target.closest("[data-drop]");
    if (put) this.drop(put.closest("[data-column]"));
    else if (grip) {
      const card = grip.closest("[data-card]");
      if (this.held?.card === card) this.drop(this.held.target);
      else this.pick(card);
    }
  }

  key(event) {
    const undo = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    if (undo && !this.held) {
      event.preventDefault();
      this.form.querySelector(`[data-step="${event.shiftKey ? "redo" : "undo"}"]:not(:disabled)`)?.click();
      return;
    }
    if (event.key === "Escape" && this.held) {
      event.preventDefault();
      this.cancel();
      return;
    }
    const grip = event.target.closest("[data-grip]");
    if (!grip || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const backwards = getComputedStyle(this.form).direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    const across = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const step = event.key === backwards || event.key === "ArrowUp" ? -1 : 1;
    if (this.held) this.choose(step);
    else if (across) this.besides(grip, step);
    else this.below(grip, step);
  }

  choose(step) {
    const columns = this.list().filter((column) => !("locked" in column.dataset));
    const at = columns.indexOf(this.held.target ?? this.held.home);
    const column = columns[(at + step + columns.length) % columns.length];
    this.aim(column);
    column.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  below(grip, step) {
    const grips = [...grip.closest("[data-column]").querySelectorAll("[data-grip]")];
    grips[grips.indexOf(grip) + step]?.focus();
  }

  besides(grip, step) {
    const home = grip.closest("[data-column]");
    const row = [...home.querySelectorAll("[data-grip]")].indexOf(grip);
    const columns = this.list();
    for (let at = columns.indexOf(home) + step; at >= 0 && at < columns.length; at += step) {
      const grips = columns[at].querySelectorAll("[data-grip]");
      if (grips.length) {
        grips[Math.min(row, grips.length - 1)].focus();
        return;
      }
    }
  }

  // Dragging -----------------------------------------------------------------------------------------------------------

  down(event) {
    this.dragged = false;
    const card = event.target.closest("[data-card]");
    if (!card?.querySelector("[data-grip]") || event.button !== 0 || this.busy) return;
    const onGrip = event.target.closest("[data-grip]");
    if (!onGrip && (event.pointerType === "touch" || event.target.closest("a, input, label, button"))) return;
    this.press = { card, x: event.clientX, y: event.clientY, ghost: null };
  }

  moved(event) {
    const { press } = this;
    if (!press) return;
    if (!press.ghost) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < FAR) return;
      press.ghost = press.card.cloneNode(true);
      press.ghost.classList.add("board-ghost");
      press.ghost.setAttribute("aria-hidden", "true");
      press.ghost.removeAttribute("data-card");
      document.body.append(press.ghost);
      this.columns.classList.add("dragging");
      this.pick(press.card);
    }
    event.preventDefault();
    press.ghost.style.translate = `${event.clientX + 8}px ${event.clientY + 8}px`;
    const under = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-column]");
    this.aim(under && this.columns.contains(under) && !("locked" in under.dataset) ? under : null);
    this.scroll(event);
  }

  scroll(event) {
    const speed = (at, size) => (at < EDGE ? -1 : at > size - EDGE ? 1 : 0) * 14;
    window.scrollBy(0, speed(event.clientY, window.innerHeight));
    const box = this.columns.getBoundingClientRect();
    this.columns.scrollBy(speed(event.clientX - box.left, box.width), 0);
  }

  up() {
    const { press } = this;
    if (!press) return;
    const target = this.held?.target ?? null;
    const dragging = press.ghost !== null;
    this.letGo(false);
    if (!dragging) return;
    this.dragged = true;
    setTimeout(() => { this.dragged = false; }, 50);
    this.drop(target);
  }

  letGo(cancel = true) {
    const dragging = this.press?.ghost;
    dragging?.remove();
    this.columns.classList.remove("dragging");
    this.press = null;
    if (cancel && dragging) this.cancel();
  }
}

export function board(root) {
  for (const form of once(root, "form[data-board]")) if (form.querySelector("[data-grip], .board-move")) new Board(form);
}
