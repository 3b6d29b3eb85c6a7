namespace Upscale;

/// <summary>How the run of a network ended. Too large is an ordinary outcome: the caller takes a smaller tile.</summary>
public enum RunOutcome
{
    /// <summary>The output holds the result.</summary>
    Done,

    /// <summary>There was not enough memory; the output is undefined.</summary>
    TooLarge,
}
