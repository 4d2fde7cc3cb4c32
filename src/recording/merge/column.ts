// Numbers one after the other, as many as come, in little room.

type Numbers = Float64Array | Float32Array | Int16Array | Uint32Array | Uint16Array;

export class Column<Of extends Numbers> {
  length = 0;
  #numbers: Of;
  readonly #make: new (
    length: number,
  ) => Of;

  constructor(make: new (length: number) => Of) {
    this.#make = make;
    this.#numbers = new make(1_024);
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const grown = new this.#make(2 * this.length);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    this.#numbers[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#numbers[index]!;
  }
}
