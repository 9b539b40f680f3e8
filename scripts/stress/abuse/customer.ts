/** A customer who shops beside an attack, at the pace of a person, and within the limits. */

const PAUSE_MILLISECONDS = 100
const PATHS = ['/api/products/', '/api/cart/', '/api/orders/']

/** How long each request took, in milliseconds. */
export async function shopFor(seconds: number, origin: string, access: string): Promise<number[]> {
  const durations: number[] = []
  const headers = { Authorization: `Bearer ${access}`, 'CF-Connecting-IP': '203.0.113.5' }
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    for (const path of PATHS) {
      const started = performance.now()
      const answer = await fetch(origin + path, { headers })
      await answer.arrayBuffer()
      if (!answer.ok) throw new Error(`${path} answered ${answer.status} to the customer.`)
      durations.push(performance.now() - started)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
    }
  }
  return durations
}

export function p90(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0
}
