import { call, type Answer } from './http.ts'
import { theOwner } from './shop.ts'

/** Sends one request of an import. */
export async function sends(csv: string | Uint8Array, path = '/api/admin/products/import/'): Promise<Answer> {
  const { access } = await theOwner()
  return call('POST', path, { token: access, body: csv, headers: { 'Content-Type': 'text/csv' } })
}

export function previews(csv: string | Uint8Array, query = ''): Promise<Answer> {
  return sends(csv, `/api/admin/products/import/?dry_run=true${query}`)
}

/** Imports a whole file. Returns the answers of its pieces, or the refusal of the first. */
export async function imports(csv: string | Uint8Array, query = ''): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let next: string | null = `/api/admin/products/import/${query}`; next !== null;) {
    const answer: Answer = await sends(csv, next)
    answers.push(answer)
    next = answer.status === 200 ? answer.body.next : null
  }
  return answers
}

export async function exportsProducts(): Promise<string> {
  const { access } = await theOwner()
  return (await call('GET', '/api/admin/products/export/', { token: access })).text
}

/** A product by its name, as staff see it; undefined if there is none. */
export async function productNamed(name: string) {
  const { access } = await theOwner()
  const { body } = await call('GET', `/api/admin/products/?page_size=100&ordering=-created_at`, {
    token: access,
  })
  return body.results.find((product: { name: string }) => product.name === name)
}

/** Cells as a file, quoted. */
export function toCsv(rows: readonly (readonly string[])[], delimiter = ','): string {
  return rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter)).join('\r\n')
}
