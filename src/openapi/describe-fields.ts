import * as z from 'zod'

/**
 * Says in the document what fields of a body or of a query mean. A field that schemas share is described in all of
 * them; one with its own `.optional()` or `.default()` is a field of its own.
 */
export function describeFields<Shape extends z.ZodRawShape, Field extends string & keyof Shape>(
  { shape }: z.ZodObject<Shape>,
  descriptions: Record<Field, string>,
): void {
  for (const [name, description] of Object.entries<string>(descriptions)) {
    const field = shape[name as Field]!
    z.globalRegistry.add(field, { description, ...z.globalRegistry.get(field) })
  }
}
