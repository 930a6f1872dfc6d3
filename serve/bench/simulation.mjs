// Many machines, simulated: nodes behind leaf nodes, calls that are passed on, budgets in slices, a new module. Events in virtual time, by a seeded chance;
// budgets are those of the server itself, over a bucket with compare-and-swap that is simulated. Refuses to go on where a budget is exceeded.
import { JetStreamApiCodes } from '@nats-io/jetstream';
import { SharedBudgets } from '../dist/cluster/shared-budgets.js';

const HOP_MS = 0.25;
const NODES_A_LEAF = 50;
const PLACES = 2;
const CALL_MS = 50;
/** Calls a second that come to each node: half of what it can do. */
const RATE = (PLACES * 1_000 * 0.5) / CALL_MS;
const PERIOD_MS = 20_000;
const END_MS = 25_000;
const TENANTS = 10;
const CALL_FUEL = 1_000_000;
/** Parts of what tenants would use: they come to their ends. */
const BUDGET_PART = 0.8;
const SLICES_A_NODE = 4;
const MOST_ASKED = 4;
const MODULE_BYTES = 4 << 20;
const CHUNK_BYTES = 128 << 10;

/** The same numbers from the same seed. */
function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Events in the order of their times: a heap. */
class Timeline {
  now = 0;
  #heap = [];
  at(time, work) {
    const heap = this.#heap;
    let k = heap.push({ time, work }) - 1;
    for (let up = (k - 1) >> 1; k > 0 && heap[up].time > heap[k].time; k = up, up = (k - 1) >> 1) {
      [heap[up], heap[k]] = [heap[k], heap[up]];
    }
  }
  wait(ms) {
    return new Promise((resolve) => this.at(this.now + ms, resolve));
  }
  #next() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0) {
      heap[0] = last;
      for (let k = 0; ; ) {
        let least = k;
        for (const child of [2 * k + 1, 2 * k + 2]) {
          if (child < heap.length && heap[child].time < heap[least].time) least = child;
        }
        if (least === k) break;
        [heap[k], heap[least]] = [heap[least], heap[k]];
        k = least;
      }
    }
    return first;
  }
  async run() {
    while (this.#heap.length > 0) {
      const { time, work } = this.#next();
      this.now = time;
      work();
      // All that follows at this time, before time goes on.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** What passes the brokers: messages and bytes, at the hub and at all nodes. */
class Network {
  hub = { messages: 0, bytes: 0 };
  nodes = { messages: 0, bytes: 0 };
  constructor(timeline, hasLeaves) {
    this.timeline = timeline;
    this.hasLeaves = hasLeaves;
  }
  /** Between a node and what the hub keeps. */
  async toHub(bytes) {
    add(this.nodes, 1, bytes);
    add(this.hub, 1, bytes);
    await this.timeline.wait(HOP_MS * (this.hasLeaves ? 2 : 1));
  }
  /** Between two nodes of one leaf; without leaves the hub is what they have in common. */
  async between(bytes) {
    add(this.nodes, 2, bytes);
    if (!this.hasLeaves) add(this.hub, 2, bytes);
    await this.timeline.wait(HOP_MS * 2);
  }
}
function add(sum, messages, bytes) {
  sum.messages += messages;
  sum.bytes += bytes;
}

/** A bucket with revisions, each question and answer a message. */
function bucketOf(network, counts) {
  const kept = new Map();
  const put = async (name, bytes, isAsExpected) => {
    await network.toHub(200);
    const known = kept.get(name);
    const isTaken = isAsExpected(known?.revision ?? 0);
    if (isTaken) kept.set(name, { bytes, revision: (known?.revision ?? 0) + 1 });
    counts[isTaken ? 'writes' : 'conflicts']++;
    await network.toHub(100);
    if (!isTaken)
      throw Object.assign(new Error('wrong last sequence'), { code: JetStreamApiCodes.StreamWrongLastSequence });
  };
  return {
    async get(name) {
      await network.toHub(100);
      const { bytes, revision } = kept.get(name) ?? {};
      await network.toHub(200);
      if (bytes === undefined) return null;
      return { operation: 'PUT', revision, json: () => JSON.parse(new TextDecoder().decode(bytes)) };
    },
    create: (name, bytes) => put(name, bytes, (revision) => revision === 0),
    update: (name, bytes, wanted) => put(name, bytes, (revision) => revision === wanted),
  };
}

/** @returns what a cluster of so many nodes sends, and what became of its calls */
export async function simulate(nodeCount, seed = 1) {
  const random = chance(seed);
  const timeline = new Timeline();
  const leaves = nodeCount > NODES_A_LEAF ? Math.ceil(nodeCount / NODES_A_LEAF) : 0;
  const network = new Network(timeline, leaves > 0);
  const counts = { calls: 0, passed: 0, waited: 0, refused: 0, unavailable: 0, writes: 0, conflicts: 0 };
  const bucket = bucketOf(network, counts);
  const values = { create: async () => bucket };
  const used = new Map();
  const callsOfTenant = (nodeCount * RATE * PERIOD_MS) / 1_000 / TENANTS;
  const budget = { periodMs: PERIOD_MS, fuel: Math.floor(callsOfTenant * (CALL_FUEL / 2) * BUDGET_PART) };
  const surroundings = { now: () => timeline.now, wait: (ms) => timeline.wait(ms), random };
  const config = { replicas: 3, budgetSlices: Math.max(64, SLICES_A_NODE * nodeCount) };
  const nodes = await Promise.all(
    Array.from({ length: nodeCount }, async (_, k) => ({
      leaf: Math.floor(k / NODES_A_LEAF),
      running: 0,
      waiting: [],
      budgets: await SharedBudgets.open({ values }, config, surroundings),
    })),
  );

  const run = async (node, tenant) => {
    node.running++;
    try {
      const { fuel, settle } = await node.budgets.reserve(tenant, CALL_FUEL);
      const key = `${tenant.name}.${Math.floor(timeline.now / PERIOD_MS)}`;
      const spent = Math.min(fuel, Math.floor(random() * CALL_FUEL));
      await timeline.wait(-Math.log(1 - random()) * CALL_MS);
      settle(spent);
      used.set(key, (used.get(key) ?? 0) + spent);
    } catch (error) {
      counts[error.problem === 'budget-used-up' ? 'refused' : 'unavailable']++;
    }
    node.running--;
    node.waiting.shift()?.();
  };
  const call = async (node, tenant) => {
    counts.calls++;
    if (node.running < PLACES) return run(node, tenant);
    const others = nodes.slice(node.leaf * NODES_A_LEAF, (node.leaf + 1) * NODES_A_LEAF).filter((one) => one !== node);
    for (let asked = 0; asked < MOST_ASKED; asked++) {
      const other = others[Math.floor(random() * others.length)];
      await network.between(500);
      const isTaken = other.running < PLACES;
      if (isTaken) {
        counts.passed++;
        // Taken, the body, and in the end the answer.
        await network.between(200);
        await network.between(1_000);
        await run(other, tenant);
        return network.between(1_000);
      }
      await network.between(100);
    }
    counts.waited++;
    if (node.running >= PLACES) await new Promise((resolve) => node.waiting.push(resolve));
    return run(node, tenant);
  };

  for (const node of nodes) {
    for (let at = 0; ; ) {
      at += (-Math.log(1 - random()) * 1_000) / RATE;
      if (at >= END_MS) break;
      const tenant = {
        name: `t${Math.floor(random() * TENANTS)}`,
        weight: 1,
        queue: 1_000,
        concurrency: 1_000,
        budget,
      };
      timeline.at(at, () => void call(node, tenant));
    }
  }
  await timeline.run();
  const most = Math.max(...used.values()) / budget.fuel;
  if (most > 1) throw new Error(`a budget was exceeded: ${most} of it were used`);
  const seconds = END_MS / 1_000;
  const chunks = MODULE_BYTES / CHUNK_BYTES + 1;
  return {
    nodes: nodeCount,
    leaves,
    nodeMessages: network.nodes.messages / nodeCount / seconds,
    nodeBytes: network.nodes.bytes / nodeCount / seconds,
    hubMessages: network.hub.messages / seconds,
    hubBytes: network.hub.bytes / seconds,
    passedPart: counts.passed / counts.calls,
    waitedPart: counts.waited / counts.calls,
    refusedPart: counts.refused / counts.calls,
    unavailable: counts.unavailable,
    writes: counts.writes / seconds,
    conflicts: counts.conflicts / seconds,
    mostOfBudget: most,
    // With a mirror of the modules at each leaf; what a node gets is one module, and one message that tells of it.
    moduleMessages: (leaves || nodeCount) * chunks + nodeCount,
    moduleBytes: (leaves || nodeCount) * MODULE_BYTES,
  };
}
