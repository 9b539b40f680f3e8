import type { AuditPiece } from '../src/audit/docs.ts'
import { get } from './http.ts'
import { theOwner } from './shop.ts'

/** Walks the whole audit as staff do; what is wrong, by check. */
export async function audit(): Promise<Record<string, number[]>> {
  const { access } = await theOwner()
  const wrong: Record<string, number[]> = {}
  for (let next: string | null = '/api/admin/audit/'; next !== null;) {
    const { body }: { body: AuditPiece } = await get(next, { token: access })
    if (body.violations > 0) wrong[body.check] = [...(wrong[body.check] ?? []), ...body.first_ids]
    next = body.next
  }
  return wrong
}
