import { defineStore } from 'pinia'
import { ref } from 'vue'

/** What the server says of itself. */
export interface About {
  readonly answerer: string
  /** Name of the file that is played back whatever is asked, or `null`. */
  readonly recording: string | null
  readonly checkout: string
}

/** Who answers here. Decoration: the page is whole without it, and whatever is wrong shows where it matters. */
export const useAbout = defineStore('about', () => {
  const about = ref<About | null>(null)
  /** An answer came, or none will. */
  const asked = ref(false)

  async function load(): Promise<void> {
    const response = await fetch('/api/about').catch(() => null)
    if (response?.ok) about.value = await response.json()
    asked.value = true
  }

  return { about, asked, load }
})
