// Components of Svelte 5 use its runes, which are global.
/// <reference types="svelte" />
