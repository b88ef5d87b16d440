/** The sound: one <audio> for all pages, its clock, the lock screen's keys, and a screen that stays awake. */

import { follow, lastBegun } from "./highlight.js";
import { keep, kept } from "./keeping.js";
import { createStore } from "./store.js";

/** @typedef {import("./story_source.js").Narration} Narration */

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];
export const REPEATS = ["none", "sentence", "page"];

const SECONDS_UNTIL_SLOW = 2.5;
const SECONDS_BETWEEN_NOTES = 5;
const MS_INTO_SENTENCE = 1500; // later than that, "a sentence back" is the begin of this one
const PLACES_KEPT = 200;
const PLACES = "places";

/** @typedef {"good" | "slow" | "failed" | "refused"} Sound  `refused`: the browser wants a tap first. */

export const playback = createStore({
    isPlaying: false,
    sound: /** @type {Sound} */ ("good"),
    rate: keptRate(),
    repeat: "none",
    /** Does the next page follow by itself? */
    playsOn: kept("plays-on") === "yes",
    /** Does a tap say the word alone? For those who cannot hold one. */
    isSingle: false,
});

/** One for all pages: phones let an element play by itself only after a tap has made it play. */
export const audio = new Audio();
audio.preload = "auto";
audio.preservesPitch = true;

/** @type {Narration | null} */
let current = null;
/** Where the sound stops by itself: the end of a word that is heard alone. @type {{ begin: number, until: number } | null} */
let alone = null;
/** The sentence that is repeated. @type {{ begin: number, until: number } | null} */
let repeated = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let slow;
let noted = 0;
let onEnd = () => {};

/**
 * Bring a story's sound in, where it stopped the last time.
 *
 * @param {Narration & { audio: string }} narration
 * @param {{ at?: number, plays?: boolean, ended?: () => void }} [options]  `at`: milliseconds; `ended`: told when the page is over.
 */
export function open(narration, { at = placeOf(narration.audio), plays = false, ended = () => {} } = {}) {
    notePlace();
    current = narration;
    onEnd = ended;
    alone = null;
    repeated = sentenceToRepeat(at);
    audio.src = narration.audio;
    audio.defaultPlaybackRate = audio.playbackRate = playback.get().rate;
    audio.loop = playback.get().repeat === "page";
    audio.currentTime = at / 1000;
    if (!audio.isConnected) document.body.append(audio);
    playback.set({ sound: "good" });
    if (plays) play();
}

export function close() {
    notePlace();
    current = null;
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    clearTimeout(slow);
    playback.set({ sound: "good" });
}

export function play() {
    if (!current) return;
    audio.play().catch((/** @type {Error} */ error) => {
        if (error.name === "NotAllowedError") playback.set({ sound: "refused" });
        else if (error.name !== "AbortError") fail();
    });
}

export function pause() {
    alone = null;
    audio.pause();
}

export function toggle() {
    if (audio.paused) play();
    else pause();
}

/** Load the sound again, and play on where it stopped. */
export function retry() {
    const at = audio.currentTime;
    playback.set({ sound: "good" });
    audio.load();
    audio.currentTime = at;
    play();
}

/** @param {number} ms */
export function seek(ms) {
    alone = null;
    audio.currentTime = ms / 1000;
    repeated = sentenceToRepeat(ms);
}

/** @param {number} ms */
export function playFrom(ms) {
    seek(ms);
    play();
}

/** @param {{ begin: number, until: number }} word */
export function hearAlone(word) {
    audio.pause();
    seek(word.begin);
    alone = word;
    play();
}

/** @param {1 | -1} step */
export function moveSentence(step) {
    const sentences = current?.sentences ?? [];
    const now = audio.currentTime * 1000;
    const index = lastBegun(sentences, now);
    const isLate = index >= 0 && now - (sentences[index]?.begin ?? 0) > MS_INTO_SENTENCE;
    const target = step > 0 ? index + 1 : isLate ? index : index - 1;
    const sentence = sentences[Math.max(0, target)];
    if (sentence) seek(sentence.begin);
}

/** @param {number} rate */
export function setRate(rate) {
    keep("rate", String(rate));
    audio.defaultPlaybackRate = audio.playbackRate = rate;
    playback.set({ rate });
}

/** @param {string} repeat  One of `REPEATS`. */
export function setRepeat(repeat) {
    audio.loop = repeat === "page";
    playback.set({ repeat });
    repeated = sentenceToRepeat(audio.currentTime * 1000);
}

/** @param {boolean} playsOn */
export function setPlaysOn(playsOn) {
    keep("plays-on", playsOn ? "yes" : null);
    playback.set({ playsOn });
}

/** @param {number} ms */
function sentenceToRepeat(ms) {
    return playback.get().repeat === "sentence" ? sentenceAt(ms) : null;
}

/** @param {number} ms */
function sentenceAt(ms) {
    const sentences = current?.sentences ?? [];
    return sentences[Math.max(0, lastBegun(sentences, ms))] ?? null;
}

/** Stop behind a word that is heard alone, and go back to the begin of a sentence that is repeated. */
function turn() {
    const ms = audio.currentTime * 1000;
    if (alone && (ms >= alone.until || audio.ended)) {
        const { begin } = alone;
        pause();
        audio.currentTime = begin / 1000;
    } else if (repeated && ms >= repeated.until && !audio.paused) {
        audio.currentTime = repeated.begin / 1000;
    }
}

follow(audio, turn);

audio.addEventListener("play", () => playback.set({ isPlaying: true }));
audio.addEventListener("pause", () => {
    clearTimeout(slow);
    playback.set({ isPlaying: false });
    notePlace();
});
audio.addEventListener("playing", () => {
    clearTimeout(slow);
    playback.set({ sound: "good" });
});
audio.addEventListener("waiting", () => {
    clearTimeout(slow);
    slow = setTimeout(() => {
        if (!audio.paused && !audio.error) playback.set({ sound: "slow" });
    }, SECONDS_UNTIL_SLOW * 1000);
});
audio.addEventListener("error", () => {
    if (current) fail();
});
audio.addEventListener("ended", () => {
    if (!audio.ended) return; // the last word was heard alone, and the sound went back to it
    if (repeated) return playFrom(repeated.begin);
    notePlace();
    audio.currentTime = 0;
    onEnd();
});
audio.addEventListener("timeupdate", () => {
    turn(); // a page in the background has no animation frames
    if (Math.abs(audio.currentTime - noted) > SECONDS_BETWEEN_NOTES) notePlace();
});
addEventListener("pagehide", notePlace);

function fail() {
    audio.pause();
    clearTimeout(slow);
    playback.set({ sound: "failed", isPlaying: false });
}

function keptRate() {
    const rate = Number(kept("rate"));
    return RATES.includes(rate) ? rate : 1;
}

/** @returns {[string, number][]}  Addresses of sounds, and where each stopped; the last one is the newest. */
function places() {
    try {
        const found = JSON.parse(kept(PLACES) ?? "[]");
        return Array.isArray(found) ? found : [];
    } catch {
        return [];
    }
}

/** @param {string} path */
function placeOf(path) {
    return Number(places().find(([each]) => each === path)?.[1] ?? 0);
}

/** A story that was heard to its end begins anew. */
function notePlace() {
    const path = current?.audio;
    if (!path || audio.readyState === HTMLMediaElement.HAVE_NOTHING) return;
    noted = audio.currentTime;
    const others = places().filter(([each]) => each !== path);
    const ms = Math.round(noted * 1000);
    const now = /** @type {[string, number][]} */ (audio.ended || ms === 0 ? [] : [[path, ms]]);
    keep(PLACES, JSON.stringify([...others, ...now].slice(-PLACES_KEPT)));
}

/**
 * Show a story on the lock screen, and let its keys act.
 *
 * @param {{ title: string, image: string | undefined, back: (() => void) | null, on: (() => void) | null }} story
 * @returns {() => void}  Takes it away.
 */
export function showOnLockScreen({ title, image, back, on }) {
    const session = navigator.mediaSession;
    if (!session) return () => {};
    session.metadata = new MediaMetadata({
        title,
        artist: "Storytime",
        artwork: image ? [{ src: image, type: "image/jpeg" }] : [],
    });
    /** @type {[MediaSessionAction, ((details: MediaSessionActionDetails) => void) | null][]} */
    const actions = [
        ["play", play],
        ["pause", pause],
        ["seekbackward", () => moveSentence(-1)],
        ["seekforward", () => moveSentence(1)],
        ["previoustrack", back],
        ["nexttrack", on],
        ["seekto", ({ seekTime }) => seek((seekTime ?? 0) * 1000)],
    ];
    for (const [action, handler] of actions) handle(session, action, handler);
    const tellPosition = () => {
        if (!Number.isFinite(audio.duration)) return;
        const position = Math.min(audio.currentTime, audio.duration);
        session.setPositionState?.({ duration: audio.duration, position, playbackRate: audio.playbackRate });
    };
    const tellState = () => {
        session.playbackState = audio.paused ? "paused" : "playing";
        tellPosition();
    };
    const events = ["play", "pause", "seeked", "ratechange", "loadedmetadata"];
    for (const event of events) audio.addEventListener(event, tellState);
    return () => {
        for (const event of events) audio.removeEventListener(event, tellState);
        for (const [action] of actions) handle(session, action, null);
        session.metadata = null;
        session.playbackState = "none";
    };
}

/**
 * @param {MediaSession} session
 * @param {MediaSessionAction} action
 * @param {((details: MediaSessionActionDetails) => void) | null} handler
 */
function handle(session, action, handler) {
    try {
        session.setActionHandler(action, handler);
    } catch {
        // This browser does not know the action.
    }
}

/** @type {WakeLockSentinel | null} */
let awake = null;

/** Keep the screen on while it plays: nobody touches it while listening. */
async function stayAwake() {
    const isWanted = !audio.paused && document.visibilityState === "visible";
    if (!isWanted) {
        awake?.release();
        awake = null;
    } else if (!awake || awake.released) {
        awake = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
        if (audio.paused) stayAwake(); // it stopped meanwhile
    }
}

audio.addEventListener("play", stayAwake);
audio.addEventListener("pause", stayAwake);
document.addEventListener("visibilitychange", stayAwake);
