/** The shelf: what is being made, and all stories, newest first. */

import { pageLanguage, useDrops } from "./capture.js";
import { Frame, Icon } from "./frame.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { dateOf, t } from "./i18n.js";
import { kept } from "./keeping.js";
import { deleteSoon, found, library, loadMore, refresh, titleOf } from "./library.js";
import { add } from "./outbox.js";
import { Outbox } from "./outbox_list.js";
import { useStore } from "./store.js";

/** @typedef {import("./api.js").Story} Story */

export function Shelf() {
    const { stories, cursor, isLoading, problem, leaving } = useStore(library);
    const [search, setSearch] = useState("");
    const shown = found(stories, search).filter(({ id }) => !leaving.includes(id));
    const isEmpty = cursor === null && stories.length === 0;
    const last = stories.find(({ id }) => id === kept("last-story"));

    useEffect(() => void refresh(), []);
    useDrops((files) => add(files, { language: pageLanguage() }));

    const tools = html`
        <a class="button quiet" href="#/settings" aria-label=${t("settings.title")}>
            <${Icon} name="settings" />
        </a>
    `;
    return html`
        <${Frame} title=${t("shelf.title")} tools=${tools} className="shelf">
            <p class="take">
                <a class="button primary large" href="#/take"><${Icon} name="camera" />${t("shelf.take")}</a>
                ${last &&
                !leaving.includes(last.id) &&
                html`<a class="button large" href=${`#/story/${last.id}`}>
                    <${Icon} name="play" />${t("shelf.continue", { name: titleOf(last) })}
                </a>`}
            </p>
            <${Outbox} />
            ${isEmpty
                ? html`<p class="empty">${t("shelf.empty")} <a href="#/demo">${t("shelf.demo")}</a></p>`
                : html`
                      <label class="search">
                          <span class="unseen">${t("shelf.search")}</span>
                          <${Icon} name="search" />
                          <input
                              type="search"
                              value=${search}
                              placeholder=${t("shelf.search")}
                              onInput=${(/** @type {any} */ event) => setSearch(event.target.value)}
                          />
                      </label>
                  `}
            ${search &&
            html`<p role="status">${t("shelf.found", { count: shown.length })}</p>`}
            <ul class="covers">
                ${shown.map((story) => html`<${Cover} key=${story.id} story=${story} />`)}
            </ul>
            ${problem &&
            html`<p class="problem" role="alert">
                ${problem} <button class="button" onClick=${refresh}>${t("shelf.again")}</button>
            </p>`}
            ${isLoading && html`<p role="status">${t("shelf.loading")}</p>`}
            <${End} isWanted=${Boolean(cursor) && !isLoading && !problem} />
        </${Frame}>
    `;
}

/** @param {{ story: Story }} props */
function Cover({ story }) {
    const picture = story.renditions.small ?? story.renditions.thumbnail;
    const image = picture?.url ?? story.image_url;
    const isHeard = story.audio_url !== null;
    const about = isHeard ? dateOf(story.timestamp) : t(`story.${story.status}`);
    const cover = html`
        ${image
            ? html`<img src=${image} alt="" loading="lazy" width=${picture?.width} height=${picture?.height} />`
            : html`<span class="blank"><${Icon} name="image" /></span>`}
        <span class="name" dir="auto">${titleOf(story)}</span>
    `;
    return html`
        <li class="cover">
            ${isHeard || story.text
                ? html`<a href=${`#/story/${story.id}`}>${cover}</a>`
                : html`<div>${cover}</div>`}
            <span class="about">${about}</span>
            <button
                class="button quiet"
                aria-label=${t("shelf.delete", { name: titleOf(story) })}
                onClick=${() => deleteSoon(story)}
            >
                <${Icon} name="remove" />
            </button>
        </li>
    `;
}

/**
 * The end of the list: it loads more when it comes into sight. The button is for those who do not scroll.
 *
 * @param {{ isWanted: boolean }} props
 */
function End({ isWanted }) {
    /** @type {{ current: HTMLElement | null }} */
    const place = useRef(null);
    useEffect(() => {
        if (!isWanted || !place.current) return undefined;
        const sight = new IntersectionObserver(
            (entries) => entries.some((entry) => entry.isIntersecting) && loadMore(),
            { rootMargin: "600px" },
        );
        sight.observe(place.current);
        return () => sight.disconnect();
    }, [isWanted]);
    if (!isWanted) return null;
    return html`<p ref=${place}><button class="button" onClick=${loadMore}>${t("shelf.more")}</button></p>`;
}
