/**
 * The SQL page: an editor, what can be asked, and a place for answers.
 *
 * @module
 */
import { SHIPPED_VIEWS } from "../../../results/shipped_views.ts";
import { embeddedJson, markup } from "../markup.ts";
import { PAGE_BEGINNING } from "../page.ts";
import type { SqlPageData } from "../page_data.ts";

/** @param name what the results file is called */
export function sqlPageText(name: string, bytes: number): string {
  const data: SqlPageData = {
    views: SHIPPED_VIEWS.map(({ name, description, example }) => ({ name, description, example })),
    bytes,
  };
  const document = markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>SQL · ${name} · dioscope</title>
<link rel="stylesheet" href="/page.css">
<link rel="stylesheet" href="/sql.css">
<script src="/arrow.js" defer></script>
<script src="/sql.js" type="module"></script>
</head>
<body>
<a class="skip" href="#editor">To the editor</a>
<header class="top"><h1>${name}</h1><nav aria-label="Pages"><a href="/">Report</a><a href="/sql" aria-current="page">SQL</a></nav><button type="button" id="theme" aria-label="Light or dark">◐</button></header>
<main id="main" class="sql">
<aside aria-label="What can be asked">
<h2 id="views-title">Views</h2>
<ul id="views" class="asked" aria-labelledby="views-title"></ul>
<h2 id="tables-title">Tables</h2>
<div id="tables"></div>
</aside>
<div class="work">
<div class="editor-frame">
<label for="editor" class="unseen">SQL</label>
<textarea id="editor" spellcheck="false" autocomplete="off" autocapitalize="off" rows="6" aria-autocomplete="list" aria-haspopup="listbox" aria-controls="completions" aria-describedby="editor-keys" placeholder="SELECT ..."></textarea>
<ul id="completions" role="listbox" aria-label="Completions" hidden></ul>
<span id="completions-status" role="status" class="unseen"></span>
</div>
<div class="toolbar">
<button type="button" id="run">Run</button>
<button type="button" id="cancel" disabled>Stop</button>
<button type="button" id="copy" disabled>Copy</button>
<button type="button" id="csv" disabled>CSV</button>
<button type="button" id="link">Copy link</button>
</div>
<p id="editor-keys" class="hint">Ctrl and Enter runs, Tab or Ctrl and Space completes, Escape closes the list and lets Tab leave the editor. Tables are read-only; CREATE TABLE and the like go to memory. The query is kept in the address.</p>
<p id="status" role="status" aria-live="polite">The database is starting.</p>
<section id="answer" aria-label="Answer"></section>
<section id="chart" aria-label="Chart of the answer" hidden>
<div class="toolbar"><label>Chart <select id="chart-kind"><option>lines</option><option>points</option><option>bars</option></select></label><label>along <select id="chart-x"></select></label><label>of <select id="chart-y"></select></label></div>
<div id="chart-place"></div>
</section>
</div>
</main>
<script type="application/json" id="sql-data">${embeddedJson(data)}</script>
</body>
</html>
`;
  return `${PAGE_BEGINNING}\n${document.text}`;
}
