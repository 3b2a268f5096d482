/** The newest value of something, for those who follow it. */
export class Latest<Value> {
  #value: Value;
  #changed = Promise.withResolvers<void>();
  #isOver = false;

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  set(value: Value): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.#tell();
  }

  /** Whoever follows it hears nothing more. */
  end(): void {
    this.#isOver = true;
    this.#tell();
  }

  /** The value now, and whenever it is another one; of those that came meanwhile, the newest. */
  async *follow(): AsyncGenerator<Value> {
    for (;;) {
      const changed = this.#changed.promise;
      const value = this.#value;
      yield value;
      if (this.#isOver) return;
      if (Object.is(value, this.#value)) await changed;
      if (this.#isOver) return;
    }
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
