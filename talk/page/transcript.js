// The assistant's words as they come, and the moments in which the user spoke. Whatever comes is text, never markup.

const PAUSE_S = 1; // text that comes later than this after the text before it begins a line of its own
const LINE_S = 8; // and so does text that comes so long after its line began
const SHORT_S = 0.2; // of what the user says: a click, a breath

export const clock = (seconds) => {
  const tenths = Math.max(0, Math.round(seconds * 10));
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
};

export class Transcript {
  constructor(list, empty) {
    this.list = list;
    this.empty = empty;
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.empty.hidden = false;
    this.words = null; // the assistant's line that goes on
    this.lastS = -Infinity;
    this.spoke = null; // the user's
  }

  add({ text, start_s: startS, events }) {
    const bottom = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 24;
    for (const event of events) this.happened(event);
    if (text) this.said(text, startS);
    if (bottom) this.list.scrollTop = this.list.scrollHeight;
  }

  said(text, startS) {
    if (!this.words || startS - this.lastS > PAUSE_S || startS - this.words.atS > LINE_S) {
      this.words = this.line("assistant", startS, "");
    }
    const { words } = this.words;
    words.textContent = (words.textContent + text).trimStart();
    this.lastS = startS;
  }

  happened({ role, kind, at_s: atS }) {
    if (role === "user" && kind === "started") {
      this.spoke = this.line("user", atS, "you are speaking …");
    } else if (role === "user" && this.spoke) {
      const lasted = atS - this.spoke.atS;
      if (lasted < SHORT_S) this.spoke.item.remove();
      else this.spoke.words.textContent = `you spoke for ${lasted.toFixed(1)} s`;
      this.spoke = null;
    } else if (role === "assistant" && kind === "interrupted") {
      this.interrupted(atS);
    }
  }

  interrupted(atS) {
    const lines = [...this.list.querySelectorAll(".assistant")]; // what came behind the interruption may be known already
    const last = lines.findLast(({ dataset }) => Number(dataset.at) <= atS) ?? this.line("assistant", atS, "").item;
    last.classList.add("interrupted");
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = `interrupted at ${clock(atS)}`;
    last.querySelector("p").append(tag);
    if (this.words?.item === last) this.words = null;
  }

  line(role, atS, text) {
    const item = document.createElement("li");
    item.className = role;
    const time = document.createElement("time");
    time.textContent = clock(atS);
    const said = document.createElement("p");
    said.dir = "auto";
    const words = document.createElement("span");
    words.textContent = text;
    said.append(words);
    item.append(time, said);
    item.dataset.at = atS;
    const later = [...this.list.children].find((other) => Number(other.dataset.at) > atS);
    this.list.insertBefore(item, later ?? null);
    this.empty.hidden = true;
    return { item, words, atS };
  }
}
