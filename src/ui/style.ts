/**
 * The one style sheet, inside each page, and the hash by which the page's policy admits it and nothing else.
 * Invariant: a state is told by its colour, its shape and its word; no page needs a script.
 */
import { createHash } from 'node:crypto';
import { Html } from './html.ts';

const css = `
:root{color-scheme:light dark;--bg:#f6f7f9;--panel:#fff;--line:#e2e5ea;--ink:#1a1f28;--soft:#5b6472;--link:#1f5fbf;
--down:#b3261e;--down-bg:#fdecea;--late:#8a5300;--late-bg:#fff4dc;--up:#1b6e3c;--new:#4b5a73;--paused:#5b6472;
--chip:#eef0f4;--focus:#1f5fbf}
@media(prefers-color-scheme:dark){:root{--bg:#12151b;--panel:#1a1e26;--line:#2c323d;--ink:#e7eaf0;--soft:#9aa4b4;
--link:#86b4ff;--down:#ff8a80;--down-bg:#3a1b1c;--late:#f3bd5a;--late-bg:#352a12;--up:#6fd399;--new:#a5b4cf;
--paused:#9aa4b4;--chip:#252b36;--focus:#86b4ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
a{color:var(--link);text-underline-offset:.2em}
a:focus-visible,input:focus-visible,button:focus-visible{outline:2px solid var(--focus);outline-offset:2px}
.wrap{max-width:1180px;margin:0 auto;padding:0 20px 40px}
.top{display:flex;align-items:center;gap:10px;padding:18px 0 14px}
.brand{display:flex;align-items:center;gap:9px;font-weight:650;font-size:17px;color:inherit;text-decoration:none}
.brand svg{width:22px;height:22px}
.top nav{margin-left:auto;display:flex;gap:16px;font-size:14px}
h1{font-size:26px;line-height:1.25;margin:8px 0 2px;letter-spacing:-.01em;font-weight:650}
h1.bad{color:var(--down)}
.asof{color:var(--soft);font-size:13.5px;margin:0 0 18px}
.banner{border:1px solid var(--line);border-left-width:4px;border-radius:8px;padding:11px 14px;margin:0 0 12px;
background:var(--panel)}
.banner strong{display:block}
.banner.bad{border-color:var(--down);background:var(--down-bg)}
.banner.warn{border-color:var(--late);background:var(--late-bg)}
.banner ul{margin:7px 0 0;padding:0;list-style:none;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
overflow-wrap:anywhere}
.tools{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:center;margin:0 0 14px}
.chips{display:flex;flex-wrap:wrap;gap:7px;margin:0;padding:0;list-style:none}
.chips a{display:inline-flex;align-items:center;gap:6px;padding:5px 11px;border-radius:999px;background:var(--chip);
color:var(--ink);text-decoration:none;font-size:14px;border:1px solid transparent}
.chips a[aria-current]{background:var(--panel);border-color:var(--ink)}
.chips .zero{color:var(--soft)}
.chips b{font-weight:650;font-variant-numeric:tabular-nums}
.search{margin-left:auto;display:flex;gap:7px;min-width:0}
.search input{font:inherit;font-size:14px;padding:5px 11px;border:1px solid var(--line);border-radius:8px;
background:var(--panel);color:var(--ink);width:210px;min-width:0}
.search button{font:inherit;font-size:14px;padding:5px 13px;border:1px solid var(--line);border-radius:8px;
background:var(--chip);color:var(--ink);cursor:pointer}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;overflow:hidden}
table{width:100%;border-collapse:collapse;table-layout:fixed}
.list th:nth-child(1){width:31%}.list th:nth-child(2),.list th:nth-child(3),.list th:nth-child(5){width:13%}
.list th:nth-child(4){width:9%}
th{text-align:left;font-size:12.5px;font-weight:600;color:var(--soft);padding:9px 14px;border-bottom:1px solid var(--line);
white-space:nowrap}
td{padding:11px 14px;border-top:1px solid var(--line);vertical-align:top}
tbody tr:first-child td{border-top:0}
tr.down td:first-child{box-shadow:inset 3px 0 0 var(--down)}
tr.late td:first-child{box-shadow:inset 3px 0 0 var(--late)}
.name{font-weight:600;overflow-wrap:anywhere}
.sub{display:block;color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.state+.sub{text-wrap:balance}.sub code{display:inline-block}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.state{display:inline-flex;align-items:center;gap:7px;font-weight:600;white-space:nowrap}
.state svg,.chips svg{width:13px;height:13px;flex:none}
.is-down{color:var(--down)}.is-late{color:var(--late)}.is-up{color:var(--up)}.is-new{color:var(--new)}
.is-paused{color:var(--paused)}
.problem{display:block;font-size:13px;color:var(--down);overflow-wrap:anywhere}
h2{font-size:17px;margin:26px 0 10px;font-weight:650}
h3{font-size:13px;margin:14px 0 4px;font-weight:600;color:var(--soft)}
a.name{color:inherit;text-decoration-color:var(--line)}a.name:hover{text-decoration-color:currentColor}
.soft{color:var(--soft);font-size:13px}
.headline{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px}
.headline h1{overflow-wrap:anywhere;min-width:0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:14px 20px;margin:0;padding:14px 16px}
.facts dt{font-size:12.5px;color:var(--soft);font-weight:600}.facts dd{margin:3px 0 0}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 300px;gap:0 24px;align-items:start}
.part{padding:12px 16px}.part p{margin:0}.part p+p{margin-top:8px}
.pairs{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 14px;margin:0;font-size:14px}
.pairs dt{color:var(--soft)}.pairs dd{margin:0;overflow-wrap:anywhere}
.labels{display:flex;flex-wrap:wrap;gap:5px}
.labels code{background:var(--chip);border-radius:5px;padding:2px 7px;overflow-wrap:anywhere}
.times{width:auto;table-layout:auto;font-size:14px}.times td,.times th{padding:2px 14px 2px 0;border:0;white-space:nowrap}
.times+p{margin-top:10px}.life{display:flex;flex-wrap:wrap;gap:2px 12px}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:4px 0 8px;padding:9px 12px;background:var(--bg);border:1px solid var(--line);border-radius:7px;
white-space:pre-wrap;overflow-wrap:anywhere}
.copy{user-select:all}
.scroll{overflow-x:auto}
.rows{table-layout:auto}.rows td{padding:8px 11px;font-size:14px;white-space:nowrap}.rows th{padding:9px 11px}
.rows .note,.rows .gap td{white-space:normal;overflow-wrap:anywhere}.rows .note{width:100%;min-width:90px}
.rows .clip{max-width:170px;overflow:hidden;text-overflow:ellipsis}
.rows .sub{display:inline;margin-left:8px}.rows .is-down{font-weight:600}.rows .is-down a{font-weight:400}
.rows .marked td{background:var(--late-bg)}.rows .marked td:first-child{box-shadow:inset 3px 0 0 var(--late)}
.rows .gap td{background:var(--chip);color:var(--soft);font-size:13px}
.log{font-size:13px;margin-left:4px}a.run{color:inherit;text-decoration-color:var(--line)}
.alert{margin:0 0 12px;border-left:4px solid var(--up)}.alert.down{border-left-color:var(--down)}
.alert h3{font-size:16px;color:inherit;margin:0 0 4px}.alert h4{font-size:13px;margin:10px 0 4px;color:var(--soft)}
.alert .pairs,.alert>.labels{margin-top:10px}.alert .text{white-space:pre-line}
.links{display:flex;flex-wrap:wrap;gap:4px 18px;margin:4px 0 0}
.pages{display:flex;gap:18px;padding:14px 2px;font-size:14px}
.empty{padding:46px 20px;text-align:center}
.empty p{color:var(--soft);max-width:52ch;margin:6px auto 0}
.empty strong{font-size:17px}
.error{max-width:560px;padding:9vh 0}
.error .status{font:600 14px/1 ui-monospace,Menlo,monospace;color:var(--soft)}
@media(max-width:760px){
.wrap{padding:0 14px 30px}h1{font-size:22px}
.search{margin-left:0;width:100%}.search input{flex:1;width:auto}
.list,.list tbody{display:block}
.facts{grid-template-columns:1fr 1fr}.facts .wide{grid-column:1/-1}
.list thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.list tr{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:9px 12px;padding:13px 14px;
border-top:1px solid var(--line)}
.list tbody tr:first-child{border-top:0}
.list td{display:block;padding:0;border:0;grid-column:span 2;font-size:14px}
tr.down{box-shadow:inset 3px 0 0 var(--down)}tr.late{box-shadow:inset 3px 0 0 var(--late)}
tr.down td:first-child,tr.late td:first-child{box-shadow:none}
.list td:nth-child(1){grid-column:span 4}.list td:nth-child(2){justify-self:end;text-align:right}
.list td:nth-child(6){grid-column:1/-1}.list td:nth-child(6) .sub{display:inline;margin-left:8px}
.list td[data-label]::before{content:attr(data-label);display:block;font-size:12px;color:var(--soft)}
.list td:nth-child(6)::before{display:none}
.rows,.rows tbody{display:block}
.rows thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.rows tr{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;padding:10px 14px;border-top:1px solid var(--line)}
.rows tbody tr:first-child{border-top:0}
.rows td,.rows .note{display:block;padding:0;border:0;white-space:normal;max-width:100%}.rows td:empty{display:none}
.rows .lead{order:-1;flex:1 0 55%;font-weight:600}.rows .lead a{font-weight:400}.rows .note{width:auto;flex-basis:100%;color:var(--soft)}
.rows tr.marked{background:var(--late-bg);box-shadow:inset 3px 0 0 var(--late)}
.rows .marked td,.rows .gap td{background:none}.rows .marked td:first-child{box-shadow:none}
.rows tr.gap{background:var(--chip)}
.rows td[data-label]::before{content:attr(data-label) " ";color:var(--soft)}
}
@media(max-width:1140px){.columns{grid-template-columns:minmax(0,1fr)}
aside{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:0 24px}}
@media(prefers-reduced-motion:no-preference){.live{animation:pulse 2s ease-in-out infinite}@keyframes pulse{50%{opacity:.55}}}
`;

export const style = new Html(css);

/** Nothing may be loaded or run but this sheet, and an image that stands in the page itself. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
