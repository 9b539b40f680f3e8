import * as z from 'zod'
import { MIN_LENGTH } from '../auth/password-rules.ts'
import { MAX_EMAIL_CHARACTERS, TypedEmail, TypedPassword } from '../auth/schema.ts'
import { cleanEmail, toAsciiEmail } from '../email.ts'
import { isCountry } from '../country.ts'
import { issue, text } from '../http/fields.ts'
import { isVisible } from '../text.ts'
import { cleanPhone, isPhone, MAX_PHONE_CHARACTERS, MAX_PHONE_DIGITS } from './phone.ts'

const Name = text(1, 255).meta({ examples: ['Ann Example'] })

/** More than is kept: invisible characters and repeated white space are removed. */
const MAX_TYPED_PHONE_CHARACTERS = 100

const Phone = text(0, MAX_TYPED_PHONE_CHARACTERS, { lines: true })
  .overwrite(cleanPhone)
  .refine(isPhone, issue('not_phone', { max: MAX_PHONE_CHARACTERS, max_digits: MAX_PHONE_DIGITS }))
  .meta({ examples: ['+44 20 7946 0000', '030/1234567', '+1 (555) 555-0100 ext. 5'] })

const Address = text(0, 500, { lines: true }).nullable()

/** Text that is null when there is nothing to see in it. */
const optionalText = (max: number) =>
  text(0, max)
    .transform((value) => (isVisible(value) ? value : null))
    .nullable()

const country = (isValid: (code: string) => boolean) =>
  z
    .string()
    .trim()
    .refine(isValid, issue('not_country'))
    .toUpperCase()
    .meta({ examples: ['DE'] })

const isCode = (code: string) => /^[a-z]{2}$/i.test(code) && isCountry(code.toUpperCase())

export const Country = country(isCode)

/** A form sends an empty text if none was chosen. */
const OptionalCountry = country((code) => code === '' || isCode(code))
  .transform((code) => code || null)
  .nullable()

const PostalCode = optionalText(20)
const Line = optionalText(200)

export const Password = TypedPassword.meta({
  minLength: MIN_LENGTH,
  examples: ['correct horse battery'],
})

/** The pattern of the HTML standard. `z.regexes` has it too, and would bring all its patterns into the Worker. */
const HTML_EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i

/** What the e-mail field of a browser takes (HTML, section 4.10.5.1.5), and domains in any script. */
export const Email = TypedEmail.overwrite(cleanEmail)
  .refine((email) => toAsciiEmail(email).length <= MAX_EMAIL_CHARACTERS, {
    error: issue('too_long', { max: MAX_EMAIL_CHARACTERS }),
    abort: true,
  })
  .refine((email) => HTML_EMAIL.test(toAsciiEmail(email)), issue('not_email'))
  .meta({ format: 'idn-email', examples: ['ann@example.com'] })

/** Name, phone and address, free or in fields: of a profile, or of the recipient of an order. */
export const Recipient = z.object({
  name: Name,
  phone: Phone,
  address: Address.default(null),
  country: OptionalCountry.default(null),
  postal_code: PostalCode.default(null),
  city: Line.default(null),
  line1: Line.default(null),
  line2: Line.default(null),
})
export type Recipient = z.infer<typeof Recipient>

/** Bounds the password. Whether it is strong enough depends on its owner: `weaknesses`. */
export const RegisterBody = z.object({ email: Email, password: Password, ...Recipient.shape })

const unchangeable = z.never({ error: issue('cannot_change') }).optional()

const fixed = { id: unchangeable, email: unchangeable }

export const ReplaceProfileBody = Recipient.extend(fixed)

export const UpdateProfileBody = z.object({
  ...fixed,
  name: Name.optional(),
  phone: Phone.optional(),
  address: Address.optional(),
  country: OptionalCountry.optional(),
  postal_code: PostalCode.optional(),
  city: Line.optional(),
  line1: Line.optional(),
  line2: Line.optional(),
})

export const ChangePasswordBody = z.object({ current_password: TypedPassword, new_password: Password })

export const LogOutBody = z.object({ refresh: z.string() })
