/** Long runs go in pieces, so that there is something to see. */
export const PIECES = 10

/** For scripts/torture.ts, which shows these lines and no others. */
export function tell(line: string): void {
  console.log(`TORTURE ${line}`)
}
