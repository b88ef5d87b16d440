/** Short messages: shown for some seconds, and spoken by screen readers. */

import { html } from "./html.js";
import { createStore, useStore } from "./store.js";
import { t } from "./i18n.js";

const SECONDS_SHOWN = 8;

/**
 * @typedef {{ label: string, run: () => void }} Action
 * @typedef {{ number: number, text: string, action: Action | null, urgent: boolean }} Message
 */

/** @type {import("./store.js").Store<{ messages: Message[], spoken: string }>} */
const announcements = createStore({ messages: /** @type {Message[]} */ ([]), spoken: "" });
let last = 0;

/**
 * Show a message, with a button if there is something to do about it.
 *
 * @param {string} text
 * @param {{ action?: Action, urgent?: boolean, seconds?: number }} [options]
 * @returns {() => void}  Takes the message away.
 */
export function announce(text, { action, urgent = false, seconds = SECONDS_SHOWN } = {}) {
    const message = { number: ++last, text, action: action ?? null, urgent };
    const dismiss = () => {
        clearTimeout(timer);
        const messages = announcements.get().messages.filter((each) => each !== message);
        announcements.set({ messages });
    };
    const timer = setTimeout(dismiss, seconds * 1000);
    announcements.set({ messages: [...announcements.get().messages, message] });
    return dismiss;
}

/**
 * Let screen readers say something that is seen otherwise: "Page 7 taken".
 *
 * @param {string} text
 */
export function say(text) {
    const isAgain = text === announcements.get().spoken;
    announcements.set({ spoken: isAgain ? `${text}\u00a0` : text }); // what does not change is not spoken
}

export function Announcements() {
    const { messages, spoken } = useStore(announcements);
    return html`
        <div class="announcements" aria-label=${t("announce.label")} role="region">
            <div class="unseen" aria-live="polite">${spoken}</div>
            <div class="toasts">
                ${messages.map(
                    (each) => html`
                        <div key=${each.number} class="toast" role=${each.urgent ? "alert" : "status"}>
                            <span>${each.text}</span>
                            ${each.action &&
                            html`<button class="button quiet" onClick=${each.action.run}>
                                ${each.action.label}
                            </button>`}
                        </div>
                    `,
                )}
            </div>
        </div>
    `;
}
