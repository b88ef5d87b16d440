/** Reading along: the page, and the word that is spoken lit on it. */

import { Frame } from "./frame.js";
import { html } from "./html.js";
import { t } from "./i18n.js";

/** @param {{ source: { kind: string } }} props */
export function Reader({ source }) {
    return html`<${Frame} title=${t("reader.title")} back="#/" className="reader">${source.kind}</${Frame}>`;
}
