// Where a guest spends its fuel or its time, as a tree of calls: one node for each function on each path of callers. Its size depends on the paths that
// there are, not on how long the guest runs. Refuses nothing: paths beyond the limit count for the last function that is recorded.
import type { ObservedThread, Observer } from '../runtime/observer.js';

/** What a profile counts: fuel is exact and the same in each run and each mode, milliseconds are not. */
export type ProfileUnit = 'fuel' | 'ms';

/** The most nodes of all trees of a profile, and of a path: what reads profiles draws no deeper ones. */
const MOST_NODES = 200_000;
const MOST_CALLERS = 1_000;

/** One function on one path of callers. */
export class CallNode {
  /** The function's index; -1 for a root. */
  readonly index: number;
  readonly parent: CallNode | undefined;
  readonly children = new Map<number, CallNode>();
  /** What was spent in the function itself, not in those that it called. */
  self = 0;
  /** How often it was called. */
  calls = 0;

  constructor(index: number, parent: CallNode | undefined) {
    this.index = index;
    this.parent = parent;
  }
}

/** The calls of one thread. */
export interface CallTree {
  readonly thread: ObservedThread;
  readonly root: CallNode;
}

interface Recording extends CallTree {
  /** The nodes of the functions that run. */
  readonly open: CallNode[];
  last: number;
}

/** Records the calls of the instances that it observes. */
export class CallRecorder {
  readonly unit: ProfileUnit;
  readonly observer: Observer;
  readonly #trees = new Map<ObservedThread, Recording>();
  #nodes = 0;

  constructor(unit: ProfileUnit) {
    this.unit = unit;
    this.observer = {
      entered: (index, thread) => this.#enter(index, thread),
      left: (_, thread) => this.#leave(thread),
    };
  }
  /** The trees in the order in which their threads began. */
  get trees(): readonly CallTree[] {
    return [...this.#trees.values()];
  }
  #of(thread: ObservedThread): Recording {
    let tree = this.#trees.get(thread);
    if (tree === undefined) {
      tree = { thread, root: new CallNode(-1, undefined), open: [], last: 0 };
      this.#trees.set(thread, tree);
    }
    return tree;
  }
  /** Charges what was spent since the last event to the function that ran. */
  #charge(tree: Recording, to: CallNode | undefined): void {
    const now = this.unit === 'fuel' ? tree.thread.fuel : tree.thread.now;
    if (to !== undefined) to.self += now - tree.last;
    tree.last = now;
  }
  #enter(index: number, thread: ObservedThread): void {
    const tree = this.#of(thread);
    const caller = tree.open.at(-1);
    this.#charge(tree, caller);
    const parent = caller ?? tree.root;
    let node = parent.children.get(index);
    if (node === undefined) {
      const isFull = this.#nodes === MOST_NODES || tree.open.length > MOST_CALLERS;
      if (isFull && caller !== undefined) node = caller;
      else {
        this.#nodes++;
        node = new CallNode(index, parent);
        parent.children.set(index, node);
      }
    }
    if (node !== caller || node.index === index) node.calls++;
    tree.open.push(node);
  }
  #leave(thread: ObservedThread): void {
    const tree = this.#of(thread);
    this.#charge(tree, tree.open.pop());
  }
}
