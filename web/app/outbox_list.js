/** What was captured, as a list: how far each page is, and what can be done about it. */

import { Icon } from "./frame.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { t } from "./i18n.js";
import { library } from "./library.js";
import { outbox, remove, sendAgain, sentenceFor } from "./outbox.js";
import { useStore } from "./store.js";

/** @typedef {import("./outbox_rules.js").Page} Page */

const STEPS = ["received", "read", "ready"];

export function Outbox() {
    const { pages: all, trouble, isKept } = useStore(outbox);
    const { leaving } = useStore(library);
    const pages = all.filter(({ story }) => !story || !leaving.includes(story.id));
    /** @type {{ current: HTMLElement | null }} */
    const heading = useRef(null);
    if (!pages.length) return null;
    const isWaiting = pages.some(({ state }) => state === "waiting");
    return html`
        <section class="outbox" aria-labelledby="outbox-title">
            <h2 id="outbox-title" tabindex="-1" ref=${heading}>${t("outbox.title")}</h2>
            ${trouble && isWaiting && html`<p class="help" role="status">${t(`outbox.${trouble}`)}</p>`}
            ${!isKept && html`<p class="help">${t("outbox.unkept")}</p>`}
            <ol>
                ${pages.map(
                    (page) => html`
                        <${Row} key=${page.id} page=${page} onGone=${() => heading.current?.focus()} />
                    `,
                )}
            </ol>
        </section>
    `;
}

/** @param {{ page: Page, onGone: () => void }} props  `onGone` takes the focus from what is removed. */
function Row({ page, onGone }) {
    const { id, name, state, story, problem, part } = page;
    function takeAgain() {
        outbox.set({ replacing: id });
        if (location.hash === "#/take") scrollTo(0, 0); // what it says is there
        else location.hash = "#/take";
    }
    return html`
        <li class=${`page ${state}`}>
            <${Picture} blob=${page.picture} />
            <div>
                <p class="name"><bdi>${name}</bdi></p>
                ${problem
                    ? html`<p class="problem"><bdi>${sentenceFor(problem)}</bdi></p>`
                    : html`<p class="state">${t(`outbox.state.${state}`)}</p>`}
                ${state === "sending"
                    ? html`<progress value=${part} aria-label=${t("outbox.progress", { name })} />`
                    : state !== "failed" && html`<${Far} state=${state} />`}
            </div>
            ${state !== "ready" &&
            html`<button
                class="button quiet"
                aria-label=${t("outbox.remove", { name })}
                onClick=${() => (remove(id), onGone())}
            >
                <${Icon} name="remove" />
            </button>`}
            ${state === "ready" &&
            html`<p class="actions">
                <a class="button primary" href=${`#/story/${story?.id}`} aria-label=${t("outbox.play", { name })}>
                    <${Icon} name="play" />${t("outbox.play.short")}
                </a>
            </p>`}
            ${problem &&
            html`<p class="actions">
                <button class="button" onClick=${takeAgain} aria-label=${t("outbox.again", { name })}>
                    <${Icon} name="camera" />${t("outbox.again.short")}
                </button>
                ${(page.photo || page.file) &&
                html`<button class="button" onClick=${() => (sendAgain(id), onGone())}>${t("outbox.resend")}</button>`}
            </p>`}
        </li>
    `;
}

/** Sent, read, spoken: the words beside it say the same. */
/** @param {{ state: string }} props */
function Far({ state }) {
    const done = STEPS.indexOf(state);
    return html`
        <span class="far" aria-hidden="true">
            ${STEPS.map((step, at) => html`<i key=${step} class=${at <= done ? "done" : ""}></i>`)}
        </span>
    `;
}

/** @param {{ blob: Blob | null }} props */
export function Picture({ blob }) {
    const [url, setUrl] = useState("");
    useEffect(() => {
        if (!blob) return undefined;
        const made = URL.createObjectURL(blob);
        setUrl(made);
        return () => URL.revokeObjectURL(made);
    }, [blob]);
    return url
        ? html`<img class="picture" src=${url} alt="" />`
        : html`<span class="picture"><${Icon} name="image" /></span>`;
}
