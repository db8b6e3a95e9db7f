import type { Plan, Skill } from '../skill.ts'

const abilities = `Ask me one of these, in plain English:

- **find** something: *where is* \`emit\` *defined*, *find* \`cancel_requested\`
- **read** a file: *show README.md*, *read packages/core/src/defaults.ts:1-40*
- **history**: *what changed recently*, *what is not committed*, *who wrote package.json*
- **tests and types**: *run the slow tests*, *type-check packages/core*
- or a **question** in your own words: I search for its words and quote the best places`

/** Greetings, requests for help, and requests without a word to search for. */
export const introduce: Skill = {
  plan(request) {
    if (!/^\W*(hi|hello|hey|help|thanks|thank you|what can you do|who are you)\b.{0,40}$/is.test(request))
      return null
    return introduction('This is a greeting or a call for help, so there is nothing to search for.')
  },
}

/** A plan that only says what the agent can do. */
export function introduction(understood: string): Plan {
  return {
    understood,
    steps: ['Say what I can do'],
    carryOut: async (work) => {
      work.step()
      return abilities
    },
  }
}
