/** The token that clones are paid with on Tempo: pinned by address, since anybody can use its symbol. */
export const PATH_USD = '0x20c0000000000000000000000000000000000000';
