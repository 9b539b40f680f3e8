/** Long runs are split, so that their progress shows. */
export const PIECES = 10

/** Prints a line for scripts/stress/stress.ts, which shows no others. */
export function report(line: string): void {
  console.log(`STRESS ${line}`)
}
