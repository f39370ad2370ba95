/**
 * Filters over tables of the page: a choice and words, both to be met.
 *
 * @module
 */

/** Makes every filter of the page work. */
export function startFilters(): void {
  for (const filter of document.querySelectorAll<HTMLElement>(".filter[data-table]")) {
    const rows = [
      ...document.querySelectorAll<HTMLElement>(`#${filter.dataset.table} > tbody > tr, #${filter.dataset.table} > li`),
    ];
    const choices = [...filter.querySelectorAll<HTMLSelectElement>("select[data-column]")];
    const words = filter.querySelector<HTMLInputElement>("input[type=search]");
    const status = filter.querySelector<HTMLElement>("[role=status]");
    const texts = rows.map((row) => row.textContent!.toLowerCase());
    const apply = () => {
      const wanted = (words?.value ?? "").trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
      let shown = 0;
      rows.forEach((row, nth) => {
        const fits = choices.every(({ value, dataset }) => value === "" || row.dataset[dataset.column!] === value) &&
          wanted.every((word) => texts[nth].includes(word));
        row.hidden = !fits;
        if (fits) shown++;
      });
      if (status !== null) status.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
    };
    for (const choice of choices) choice.addEventListener("change", apply);
    words?.addEventListener("input", apply);
  }
}
