/** What all screens have: a heading that gets the focus, and the way back. */

import { html } from "./html.js";
import { t } from "./i18n.js";

/**
 * @param {{ title: string, back?: string, tools?: unknown, children?: unknown, className?: string }} props
 *     `back` is the address of the screen before, such as "#/".
 */
export function Frame({ title, back, tools, children, className = "" }) {
    return html`
        <header class="bar">
            ${back &&
            html`<a class="button quiet" href=${back} aria-label=${t("frame.back")}>
                <${Icon} name="back" mirrored=${true} />
            </a>`}
            <h1 tabindex="-1">${title}</h1>
            <div class="tools">${tools}</div>
        </header>
        <main class=${className}>${children}</main>
    `;
}

/** @type {Record<string, string>} Paths in a square of 24. */
const ICONS = {
    back: "M15 5l-7 7 7 7",
    next: "M9 5l7 7-7 7",
    camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a4 4 0 100-8 4 4 0 000 8z",
    settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
    search: "M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5",
    remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    play: "M7 4l13 8-13 8z",
    pause: "M8 5v14M16 5v14",
    edit: "M4 20l1-5L16 4l4 4L9 19z",
    repeat: "M5 12a7 7 0 0112-5l2 2M19 4v5h-5M19 12a7 7 0 01-12 5l-2-2M5 20v-5h5",
    text: "M5 6h14M5 11h14M5 16h9",
    image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4",
    share: "M12 15V3M8 7l4-4 4 4M5 12v8h14v-8",
    close: "M6 6l12 12M18 6L6 18",
    done: "M5 13l4 4L19 7",
    earlier: "M18 6l-6 6 6 6M12 6l-6 6 6 6",
    later: "M6 6l6 6-6 6M12 6l6 6-6 6",
    first: "M19 5l-9 7 9 7zM5 5v14",
    last: "M5 5l9 7-9 7zM19 5v14",
    flow: "M4 6h16M4 12h9M4 18h9M16 11l5 4-5 4z",
    word: "M4 5h16v11h-9l-4 4v-4H4zM9 13l3-6 3 6M10 11h4",
};

/** @param {{ name: string, mirrored?: boolean }} props  `mirrored`: points the other way in right-to-left. */
export function Icon({ name, mirrored = false }) {
    return html`
        <svg class=${mirrored ? "icon mirrored" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
            <path d=${ICONS[name]} />
        </svg>
    `;
}
