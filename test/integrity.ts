import type { IntegrityResult } from '../src/integrity/openapi.ts'
import { get } from './http.ts'
import { theOwner } from './shop.ts'

/** Runs the whole integrity check as staff do: the ids that violate it, by check. */
export async function integrityViolations(): Promise<Record<string, number[]>> {
  const { access } = await theOwner()
  const wrong: Record<string, number[]> = {}
  for (let next: string | null = '/api/admin/integrity/'; next !== null;) {
    const { body }: { body: IntegrityResult } = await get(next, { token: access })
    if (body.violations > 0) wrong[body.check] = [...(wrong[body.check] ?? []), ...body.first_ids]
    next = body.next
  }
  return wrong
}
