/** Address of pathUSD on Tempo, which pays for clones. The address identifies the token: any contract can use its symbol. */
export const PATH_USD = '0x20c0000000000000000000000000000000000000';
