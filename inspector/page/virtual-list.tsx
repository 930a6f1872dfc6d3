// A list of any length of which only what is in view exists: tens of millions of rows of memory as well as ten calls. Browsers cannot make an element as high
// as that, so beyond a height the scroll bar shows a share of the list, and wheel and keys move by rows. Refuses rows of different heights.
import { Component, type ComponentChildren, createRef } from 'preact';

/** Browsers lay out elements of up to about 16 million pixels. */
const MOST_PIXELS = 4_000_000;
const ROWS_BELOW = 2;

export interface VirtualListProps {
  readonly count: number;
  readonly rowHeight: number;
  readonly label: string;
  readonly row: (index: number) => ComponentChildren;
  /** Keeps the end in view while rows are added, unless the reader has scrolled up. */
  readonly follow?: boolean;
  /** Scrolls to this row whenever the object is another one. */
  readonly target?: { readonly row: number } | undefined;
  /** Told of the rows in view. */
  readonly onRange?: (from: number, to: number) => void;
}
interface State {
  /** The first row in view, with a fraction. */
  readonly top: number;
  readonly height: number;
}

export class VirtualList extends Component<VirtualListProps, State> {
  override state: State = { top: 0, height: 0 };
  readonly #box = createRef<HTMLDivElement>();
  #observer: ResizeObserver | undefined;
  /** What the scroll bar was last set to: an event with this value is our own. */
  #set = 0;

  get #visible(): number {
    return this.state.height / this.props.rowHeight;
  }
  #mostTop(count = this.props.count): number {
    return Math.max(0, count - this.#visible);
  }
  get #drawn(): number {
    return Math.min(this.props.count * this.props.rowHeight, MOST_PIXELS);
  }
  /** Pixels of the scroll bar for each row. */
  get #perRow(): number {
    const most = this.#mostTop();
    return most > 0 ? Math.max(0, this.#drawn - this.state.height) / most : 0;
  }

  override componentDidMount(): void {
    const box = this.#box.current!;
    this.#observer = new ResizeObserver(() => this.setState({ height: box.clientHeight }));
    this.#observer.observe(box);
    box.addEventListener('wheel', this.#wheel, { passive: false });
    this.setState({ height: box.clientHeight });
  }
  override componentWillUnmount(): void {
    this.#observer?.disconnect();
  }
  override componentDidUpdate(before: VirtualListProps, old: State): void {
    const { count, target, follow, onRange } = this.props;
    const wasAtEnd = old.top >= Math.max(0, before.count - old.height / before.rowHeight) - 1;
    if (target && target !== before.target) this.#moveTo(target.row - 1);
    else if (follow && count > before.count && wasAtEnd) this.#moveTo(count);
    else if (this.state.top > this.#mostTop()) this.#moveTo(this.state.top);
    const from = Math.floor(this.state.top);
    if (count > 0 && this.state.height > 0)
      onRange?.(from, Math.min(count, from + Math.ceil(this.#visible) + ROWS_BELOW));
  }

  #moveTo(wanted: number): void {
    const top = Math.min(this.#mostTop(), Math.max(0, wanted));
    const box = this.#box.current!;
    box.scrollTop = top * this.#perRow;
    this.#set = box.scrollTop;
    if (top !== this.state.top) this.setState({ top });
  }
  readonly #scroll = (): void => {
    // Browsers deliver a queued event of an element that has left the page.
    if (!this.#box.current) return;
    const { scrollTop } = this.#box.current;
    if (Math.abs(scrollTop - this.#set) < 1 || this.#perRow === 0) return;
    this.#set = scrollTop;
    this.setState({ top: Math.min(this.#mostTop(), scrollTop / this.#perRow) });
  };
  /** The scroll bar of a very long list is too coarse for wheels. */
  readonly #wheel = (event: WheelEvent): void => {
    if (this.props.count * this.props.rowHeight <= MOST_PIXELS || event.ctrlKey) return;
    event.preventDefault();
    if (this.#box.current) this.#moveTo(this.state.top + event.deltaY / this.props.rowHeight);
  };
  readonly #key = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(this.#visible) - 1);
    const { top } = this.state;
    const places: Readonly<Record<string, number>> = {
      ArrowUp: top - 1,
      ArrowDown: top + 1,
      PageUp: top - page,
      PageDown: top + page,
      Home: 0,
      End: this.props.count,
    };
    const to = places[event.key];
    if (to === undefined || event.target !== this.#box.current) return;
    event.preventDefault();
    this.#moveTo(to);
  };

  override render({ count, rowHeight, label, row }: VirtualListProps) {
    const { top } = this.state;
    const from = Math.floor(top);
    const to = Math.min(count, from + Math.ceil(this.#visible) + ROWS_BELOW);
    const rows = [];
    for (let i = from; i < to; i++) {
      rows.push(
        <li key={i} aria-setsize={count} aria-posinset={i + 1} class="row" style={{ height: `${rowHeight}px` }}>
          {row(i)}
        </li>,
      );
    }
    // The rows stand where the scroll bar is, moved by the fraction of the first one.
    const shift = top * this.#perRow - (top - from) * rowHeight;
    return (
      <section
        class="virtual"
        ref={this.#box}
        onScroll={this.#scroll}
        onKeyDown={this.#key}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
        tabIndex={0}
        aria-label={label}
      >
        <div style={{ height: `${this.#drawn}px` }} role="presentation">
          <ul aria-label={label} style={{ transform: `translateY(${Math.max(0, shift)}px)` }}>
            {rows}
          </ul>
        </div>
      </section>
    );
  }
}
