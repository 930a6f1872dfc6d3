// Which source lines the instructions of a module come from, from whatever says so: rows in the order of the instructions. Takes any rows.

/** A line of a source file. */
export interface SourceLine {
  /** As the compiler wrote it: a path, absolute or not. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Instructions from `offset` on are of this line, up to the next row. */
export interface LineRow {
  /** In the module. */
  readonly offset: number;
  /** Undefined: no line is known from here on. */
  readonly line: SourceLine | undefined;
}

export class LineTable {
  readonly #rows: readonly LineRow[];

  constructor(rows: readonly LineRow[]) {
    this.#rows = [...rows].sort(
      (a, b) => a.offset - b.offset || Number(a.line !== undefined) - Number(b.line !== undefined),
    );
  }
  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }
  at(offset: number): SourceLine | undefined {
    return this.#rows[this.#firstAfter(offset) - 1]?.line;
  }
  firstIn(start: number, end: number): SourceLine | undefined {
    return this.at(start) ?? this.within(start, end)[0]?.line;
  }
  /** Returns the rows that begin in a range, and know a line. */
  within(start: number, end: number): readonly (LineRow & { readonly line: SourceLine })[] {
    const rows = this.#rows.slice(this.#firstAfter(start - 1), this.#firstAfter(end - 1));
    return rows.filter((row): row is LineRow & { readonly line: SourceLine } => row.line !== undefined);
  }
  /** Returns the first row beyond an offset. */
  #firstAfter(offset: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]!.offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
