// One plain line at the end: what came of it, and how long it took.

export default class Summary {
  #counts = new Map();

  onTestEnd(test, result) {
    const word = test.outcome() === 'unexpected' ? 'failed' : result.status;
    this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
  }

  onEnd(result) {
    const counts = [...this.#counts]
      .map(([word, count]) => `${count} ${word}`)
      .sort()
      .join(', ');
    console.log(
      `end to end: ${counts || 'nothing ran'} in ${Math.round(result.duration / 1000)} s`,
    );
  }

  printsToStdio() {
    return false;
  }
}
