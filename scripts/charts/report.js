// report.js - sorting, filtering and names of marks on allocbench's HTML page; embedded into it. Without it the page
// loses nothing but these three.
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
for (const fold of document.querySelectorAll('details.fold'))
  fold.addEventListener('toggle', () => {
    const text = fold.querySelector('noscript');
    if (!text) return;
    const part = document.createElement('div');
    part.innerHTML = text.textContent;
    text.replaceWith(part);
    setUp(part);
  });

// A mark or a curve of an allocator has its colour: the pointer shows its name.
const names = new Map();
for (const one of document.querySelectorAll('[data-rgb]')) names.set(one.dataset.rgb, one.textContent.trim());
const tip = document.createElement('div');
tip.className = 'tip';
tip.hidden = true;
document.body.append(tip);
document.addEventListener('mouseover', event => {
  const mark = event.target.closest('.chart use, .chart path, .chart polygon');
  const style = mark && getComputedStyle(mark);
  const name = style && (names.get(style.color) || names.get(style.stroke) || names.get(style.fill));
  tip.hidden = !name;
  if (!name) return;
  tip.textContent = name;
  tip.style.left = `${Math.min(event.clientX + 12, innerWidth - 120)}px`;
  tip.style.top = `${event.clientY + 14}px`;
});
