/** Whom to ask for what the installation does not give by itself. @param wish what to ask for: `an account` */
export function AskAdministrator({ wish, contact }: { wish: string; contact: string | null }) {
  return (
    <>
      Ask the administrator of this installation for {wish}
      {contact ? (
        <>
          : <span className="wrap-anywhere font-medium">{contact}</span>
        </>
      ) : (
        '.'
      )}
    </>
  );
}
