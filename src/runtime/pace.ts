// A checkpoint now and then in loops whose length a module decides. Refuses nothing by itself: what the checkpoint throws ends the loop.

/** Things made between two checkpoints: some tenths of a millisecond. */
const THINGS_PER_CHECKPOINT = 256;

/** To be called for each thing that is made: calls `checkpoint` now and then, not the first time. */
export function paced(checkpoint: () => void): () => void {
  let left = THINGS_PER_CHECKPOINT;
  return () => {
    if (--left > 0) return;
    left = THINGS_PER_CHECKPOINT;
    checkpoint();
  };
}
