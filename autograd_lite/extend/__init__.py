"""Operations of the user's own."""
