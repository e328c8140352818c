
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const cards = [...document.querySelectorAll(".dialogue")];
  const pills = [...document.querySelectorAll(".pills a")];
  const PIXELS_PER_SECOND = 16; // below this, labels of neighbouring turns run into each other
  const clock = (seconds) => {
    const tenths = Math.max(0, Math.round(seconds * 10));
    return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
  };
  const press = (buttons, chosen) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));

  // Verdicts: what the auditor says, kept by this browser until it is downloaded.
  const key = `build-corpus verdicts ${data.scenes_sha256} ${data.corpus}`;
  const readVerdicts = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "{}");
      return new Map(kept && typeof kept === "object" ? Object.entries(kept) : []);
    } catch {
      return new Map();
    }
  };
  const verdicts = readVerdicts();
  const saveVerdicts = () => {
    try {
      localStorage.setItem(key, JSON.stringify(Object.fromEntries(verdicts)));
    } catch {
      document.getElementById("storage-notice").hidden = false;
    }
  };
  const judged = () => data.dialogues.filter(({ id }) => verdicts.get(id)?.verdict);
  const showTally = () => {
    const wrong = judged().filter(({ id }) => verdicts.get(id).verdict === "wrong").length;
    document.getElementById("tally").textContent = `${judged().length} of ${cards.length} judged, ${wrong} wrong`;
  };
  const download = () => {
    const content = {
      corpus: data.corpus,
      scenes_sha256: data.scenes_sha256,
      shown: cards.length,
      verdicts: data.dialogues
        .filter(({ id }) => verdicts.has(id))
        .map(({ id, index }) => ({ dialogue_id: id, index, ...verdicts.get(id) })),
    };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2) + "\n"], { type: "application/json" }));
    link.download = "verdicts.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const judging = (card, number) => {
    const { id } = data.dialogues[number];
    const buttons = [...card.querySelectorAll("[data-verdict]")];
    const form = card.querySelector(".verdict");
    const { reason, note } = form.elements;
    const show = () => {
      const { verdict = "", reason: why = "", note: words = "" } = verdicts.get(id) ?? {};
      press(buttons, buttons.find((button) => button.dataset.verdict === verdict));
      card.querySelector(".why").hidden = verdict !== "wrong";
      reason.value = why;
      if (note.value !== words) note.value = words;
      pills[number].classList.toggle("ok", verdict === "ok");
      pills[number].classList.toggle("wrong", verdict === "wrong");
      showTally();
    };
    const update = (change) => {
      const next = { verdict: "", reason: "", note: "", ...verdicts.get(id), ...change };
      if (next.verdict !== "wrong") next.reason = "";
      if (next.verdict || next.note) verdicts.set(id, next);
      else verdicts.delete(id);
      saveVerdicts();
      show();
    };
    const judge = (verdict) => update({ verdict: verdicts.get(id)?.verdict === verdict ? "" : verdict });
    buttons.forEach((button) => button.addEventListener("click", () => judge(button.dataset.verdict)));
    reason.addEventListener("change", () => update({ reason: reason.value }));
    note.addEventListener("input", () => update({ note: note.value }));
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
    return judge;
  };

  // Players: one audio element per track on one clock; only one of all sounds at a time.
  let sounding = null;
  const player = (card, number) => {
    const tracks = [...card.querySelectorAll(".player > audio")];
    const trackButtons = [...card.querySelectorAll(".track")];
    const speedButtons = [...card.querySelectorAll(".speed")];
    const duration = Number(card.dataset.duration);
    const scroller = card.querySelector(".scroller");
    const timeline = card.querySelector(".timeline");
    const cursor = card.querySelector(".cursor");
    const timed = (selector) => [...card.querySelectorAll(selector)].map((element) => ({
      element, start: Number(element.dataset.start), end: Number(element.dataset.end),
    }));
    const turns = timed(".turn");
    const words = timed(".said span[data-start]");
    const spans = [...card.querySelectorAll(".span")];
    let track = tracks[0];
    let position = 0;
    let stopAt = Infinity;
    let frame = 0;

    timeline.style.minWidth = `${Math.ceil(duration * PIXELS_PER_SECOND)}px`;

    const show = () => {
      const share = `${(100 * Math.min(position / duration, 1)).toFixed(3)}%`;
      cursor.setAttribute("x1", share);
      cursor.setAttribute("x2", share);
      card.querySelector(".now").textContent = clock(position);
      turns.forEach(({ element, start, end }, turn) => {
        const now = (position > 0 || !track.paused) && start <= position && position < end;
        element.classList.toggle("now", now);
        spans.forEach((span) => Number(span.dataset.turn) === turn && span.classList.toggle("now", now));
      });
      words.forEach(({ element, start, end }) => element.classList.toggle("now", !track.paused && start <= position && position < end));
    };
    const follow = () => {
      const x = (position / duration) * timeline.clientWidth;
      if (x < scroller.scrollLeft || x > scroller.scrollLeft + scroller.clientWidth - 24) scroller.scrollLeft = x - 48;
    };
    const run = () => {
      cancelAnimationFrame(frame); // of the track before
      if (track.paused) return;
      position = track.currentTime;
      if (position >= stopAt) pause();
      show();
      follow();
      frame = requestAnimationFrame(run);
    };
    const play = async () => {
      if (sounding && sounding !== self) sounding.pause();
      sounding = self;
      choose(number);
      if (position >= duration - 0.05) position = 0;
      track.currentTime = position;
      try {
        await track.play();
      } catch (error) {
        if (error.name === "AbortError") return; // paused before it began
        card.classList.remove("playing");
        const fault = card.querySelector(".fault");
        fault.textContent = `This browser can't play ${track.getAttribute("src")}: ${error.message}`;
        fault.hidden = false;
      }
    };
    const pause = () => {
      track.pause();
      stopAt = Infinity;
    };
    const seek = (seconds) => {
      position = Math.min(Math.max(seconds, 0), duration);
      stopAt = Infinity;
      if (!track.paused) track.currentTime = position;
      show();
      follow();
    };
    const hear = (turn) => {
      seek(Math.max(0, turn.start - 0.05));
      stopAt = turn.end + 0.15;
      play();
    };
    const chooseTrack = (choice) => {
      if (!tracks[choice] || tracks[choice] === track) return;
      const wasPlaying = !track.paused;
      const until = stopAt;
      track.pause();
      track = tracks[choice];
      press(trackButtons, trackButtons[choice]);
      if (wasPlaying) {
        stopAt = until;
        play();
      }
    };

    tracks.forEach((audio) => {
      audio.addEventListener("play", () => {
        if (audio !== track) return;
        card.classList.add("playing");
        card.querySelector(".play").setAttribute("aria-label", "Pause");
        run();
      });
      audio.addEventListener("pause", () => {
        if (audio !== track || !audio.paused) return;
        card.classList.remove("playing");
        card.querySelector(".play").setAttribute("aria-label", "Play");
        show();
      });
      audio.addEventListener("ended", () => {
        if (audio !== track) return;
        position = duration;
        show();
      });
    });
    const toggle = () => (track.paused ? play() : pause());
    card.querySelector(".play").addEventListener("click", toggle);
    trackButtons.forEach((button, choice) => button.addEventListener("click", () => chooseTrack(choice)));
    speedButtons.forEach((button) => button.addEventListener("click", () => {
      press(speedButtons, button);
      tracks.forEach((audio) => { audio.defaultPlaybackRate = audio.playbackRate = Number(button.dataset.speed); });
    }));
    timeline.addEventListener("click", (event) => {
      const box = timeline.getBoundingClientRect();
      choose(number);
      seek(((event.clientX - box.left) / box.width) * duration);
    });
    turns.forEach((turn) => turn.element.querySelector(".hear").addEventListener("click", () => hear(turn)));
    const self = { toggle, pause, skip: (seconds) => seek(position + seconds), chooseTrack };
    return self;
  };

  // The current card: what the keys act on.
  let current = 0;
  const choose = (number) => {
    current = number;
    cards.forEach((card, other) => card.classList.toggle("current", other === number));
    pills.forEach((pill, other) => pill.classList.toggle("current", other === number));
  };
  const go = (number) => {
    if (number < 0 || number >= cards.length) return;
    choose(number);
    cards[number].scrollIntoView({ block: "start" });
  };
  const judges = cards.map(judging);
  const players = cards.map(player);
  pills.forEach((pill, number) => pill.addEventListener("click", (event) => {
    event.preventDefault();
    go(number);
  }));
  const actions = {
    " ": () => players[current].toggle(),
    j: () => go(current + 1),
    k: () => go(current - 1),
    o: () => judges[current]("ok"),
    w: () => judges[current]("wrong"),
    1: () => players[current].chooseTrack(0),
    2: () => players[current].chooseTrack(1),
    3: () => players[current].chooseTrack(2),
    ArrowLeft: () => players[current].skip(-2),
    ArrowRight: () => players[current].skip(2),
  };
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    const typing = event.target.closest("input, select, textarea");
    const pressing = event.key === " " && event.target.closest("button, a");
    if (!action || typing || pressing || event.ctrlKey || event.metaKey || event.altKey || !cards.length) return;
    event.preventDefault();
    action();
  });
  // A click must not leave the focus on a button, or the space bar would press that button again.
  document.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault());
  document.getElementById("download").addEventListener("click", download);
  if (cards.length) choose(0);
  showTally();
})();
