/** A guard, the edit that removes it, and the test file in which a test must then fail. */
export interface Mutant {
  guard: string
  file: string
  from: string
  to: string
  tests: string
}
