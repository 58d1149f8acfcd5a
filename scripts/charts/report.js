// report.js - sorting, filtering, walking over marks, and unfolding for print on allocbench's HTML page; embedded into
// it. Without it the page loses nothing but these.
'use strict';

function sortBy(table, head, column) {
  const up = head.getAttribute('aria-sort') !== 'ascending';
  const numbers = head.dataset.sort === 'number';
  const key = row => {
    const cell = row.cells[column];
    return numbers ? (cell.dataset.v === undefined ? NaN : Number(cell.dataset.v)) : cell.textContent;
  };
  const order = (a, b) => {
    if (!numbers) return (up ? 1 : -1) * a.key.localeCompare(b.key, 'en', {numeric: true});
    if (isNaN(a.key) || isNaN(b.key)) return isNaN(a.key) - isNaN(b.key); // what has no value comes last, either way
    return (up ? 1 : -1) * (a.key - b.key);
  };
  for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const body = table.tBodies[0];
  body.append(...[...body.rows].map(row => ({row, key: key(row)})).sort(order).map(one => one.row));
}

function filterBy(table, input, output) {
  const wanted = input.value.trim().toLowerCase();
  const rows = [...table.tBodies[0].rows];
  let shown = 0;
  for (const row of rows) {
    row.hidden = wanted !== '' && !row.textContent.toLowerCase().includes(wanted);
    shown += !row.hidden;
  }
  output.textContent = wanted === '' ? '' : `${shown} of ${rows.length} rows`;
}

function setUp(part) {
  for (const table of part.querySelectorAll('table.sortable')) {
    for (const head of table.tHead.querySelectorAll('th[data-sort]')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => sortBy(table, head, head.cellIndex));
    }
    const tools = table.closest('.scroll').previousElementSibling;
    const input = tools.querySelector('input'), output = tools.querySelector('output');
    input.addEventListener('input', () => filterBy(table, input, output));
    tools.hidden = false;
  }
}
setUp(document);

// What is folded away stands in <noscript>, which is text here until it is opened for the first time.
function unfold(fold) {
  const text = fold.querySelector('noscript');
  if (!text) return;
  const part = document.createElement('div');
  part.innerHTML = text.textContent;
  text.replaceWith(part);
  setUp(part);
}
for (const fold of document.querySelectorAll('details.fold')) fold.addEventListener('toggle', () => unfold(fold));

// On paper nothing can be opened: all of it is, and closed again.
let closed = [];
addEventListener('beforeprint', () => {
  document.querySelectorAll('details.fold').forEach(unfold);
  closed = [...document.querySelectorAll('details:not([open])')];
  for (const part of closed) part.open = true;
});
addEventListener('afterprint', () => closed.forEach(part => part.open = false));

// A mark says in its <title> what it stands for, and shows it sooner here; anything else that has the colour of an
// allocator shows the name. In a chart that has the focus the arrows go from mark to mark.
const names = new Map();
for (const one of document.querySelectorAll('[data-rgb]')) names.set(one.dataset.rgb, one.textContent.trim());
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
tip.setAttribute('role', 'status');
document.body.append(tip);

function wordsOf(mark) {
  const title = mark.querySelector('title');
  if (title) {
    mark.dataset.tip = title.textContent;
    title.remove(); // else the browser shows it a second time
  }
  const style = getComputedStyle(mark);
  return mark.dataset.tip || names.get(style.color) || names.get(style.stroke) || names.get(style.fill);
}
function showTip(words, x, y) {
  tip.hidden = !words;
  if (!words) return;
  tip.textContent = words;
  tip.style.left = `${Math.max(4, Math.min(x + 12, document.documentElement.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y + 14 + tip.offsetHeight > innerHeight ? y - 10 - tip.offsetHeight : y + 14}px`;
}
document.addEventListener('mouseover', event => {
  const mark = event.target.closest('.chart use, .chart path, .chart polygon');
  showTip(mark && wordsOf(mark), event.clientX, event.clientY);
});

let at = null; // the mark that the arrows have reached
function leave() {
  if (at) at.classList.remove('at');
  at = null;
  showTip('');
}
document.addEventListener('keydown', event => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  const chart = event.target.classList.contains('chart') && event.target;
  if (event.key === 'Escape') leave();
  if (!step || !chart || event.altKey || event.ctrlKey || event.metaKey) return;
  const marks = [...chart.querySelectorAll('use')].filter(mark => mark.dataset.tip || mark.querySelector('title'));
  if (marks.length === 0) return;
  event.preventDefault();
  const next = marks[(marks.indexOf(at) + step + marks.length + (step < 0 && !at)) % marks.length];
  leave();
  at = next;
  at.classList.add('at');
  at.scrollIntoView({block: 'nearest', inline: 'nearest'});
  const box = at.getBoundingClientRect();
  showTip(wordsOf(at), box.right, box.bottom);
});
document.addEventListener('focusout', leave);
