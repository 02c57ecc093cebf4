import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { provide, token } from './provide.js';

class Engine {
  constructor(readonly power: number) {}
}
const POWER = token<number>('Power');
const CAR = token<{ readonly engine: Engine; readonly name: string }>('Car');

async function made(providers: ReturnType<typeof provide>[]) {
  @Module({ providers })
  class Garage {}
  return await NestFactory.createApplicationContext(Garage, { logger: false, abortOnError: false });
}

describe('provide', () => {
  it('makes values from classes and tokens by name, also when they come later', async () => {
    const context = await made([
      provide(CAR, { engine: Engine }, async ({ engine }) => ({ engine, name: `car of ${engine.power}` })),
      provide(Engine, { power: POWER }, ({ power }) => new Engine(power)),
      provide(POWER, {}, () => 7),
    ]);
    expect(context.get(CAR)).toEqual({ engine: new Engine(7), name: 'car of 7' });
    await context.close();
  });

  it('names what is missing by its token', async () => {
    await expect(made([provide(Engine, { power: POWER }, ({ power }) => new Engine(power))])).rejects.toThrow(
      /Symbol\(Power\)/,
    );
  });

  it('names its needs to Nest in their order; the compiler takes no maker of another type, and no need that has one', () => {
    // @ts-expect-error a number is no engine
    const wrongMaker = provide(Engine, {}, () => 7);
    // @ts-expect-error the engine needs a number
    const wrongNeed = provide(Engine, { power: POWER, car: CAR }, ({ car }) => new Engine(car));
    expect([wrongMaker.inject, wrongNeed.inject]).toEqual([[], [POWER, CAR]]);
  });
});
