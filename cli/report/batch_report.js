// The table of units: a click on a heading sorts it, the controls filter it. Without this script it
// is a plain table with the same content.
(() => {
  const table = document.getElementById('units');
  const headings = [...table.tHead.rows[0].cells];
  const groups = [...table.tBodies];
  // A unit that failed has a second row, with the reason: it stays below the first.
  const whys = new Map();
  let rows = [];
  for (const row of groups.flatMap((group) => [...group.rows]))
    if (row.dataset.r) rows.push(row);
    else whys.set(rows.at(-1), row);
  const size = Math.ceil(rows.length / groups.length);
  const controls = document.getElementById('find');
  const [text, which, shown] = controls.querySelectorAll('input, select, output');
  let texts; // of the rows, built on first use

  const both = (row) => (whys.has(row) ? [row, whys.get(row)] : [row]);
  const textOf = (row) => {
    const why = whys.get(row)?.cells[0]; // its first line, and not the messages
    return `${row.textContent} ${(why?.querySelector('summary') ?? why)?.textContent ?? ''}`.toLowerCase();
  };

  function show() {
    const wanted = text.value.trim().toLowerCase();
    if (wanted) texts ??= new Map(rows.map((row) => [row, textOf(row)]));
    const fit = rows.filter((row) => (!which.value || row.dataset.r === which.value) &&
      (!wanted || texts.get(row).includes(wanted)));
    groups.forEach((group, i) => {
      group.replaceChildren(...fit.slice(i * size, (i + 1) * size).flatMap(both));
      group.hidden = !group.rows.length;
    });
    shown.value = `${fit.length} of ${rows.length}`;
  }

  // By number in numeric columns, else in alphabetical order. Empty cells are last.
  const words = new Intl.Collator(undefined, { numeric: true });
  function sort(column) {
    const heading = headings[column];
    const direction = heading.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
    const numeric = heading.classList.contains('n');
    const sign = direction === 'ascending' ? 1 : -1;
    const keyed = rows.map((row) => ({ row, key: row.cells[column].textContent }));
    keyed.sort(({ key: a }, { key: b }) =>
      !a || !b ? !a - !b : sign * (numeric ? a - b : words.compare(a, b)));
    rows = keyed.map(({ row }) => row);
    for (const other of headings) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', direction);
    show();
  }

  headings.forEach((heading, column) => {
    const button = heading.querySelector('button');
    button.disabled = false;
    button.addEventListener('click', () => sort(column));
  });
  text.addEventListener('input', show);
  which.addEventListener('input', show);
  shown.value = `${rows.length} of ${rows.length}`;
  controls.hidden = false;
})();
