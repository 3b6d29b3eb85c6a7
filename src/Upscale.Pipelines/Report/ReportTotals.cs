namespace Upscale.Pipelines;

/// <summary>What a <see cref="RunReport"/> counts.</summary>
internal sealed class ReportTotals
{
    /// <summary>Pictures that were made.</summary>
    public int Done { get; private set; }

    /// <summary>Pictures that were skipped.</summary>
    public int Skipped { get; private set; }

    /// <summary>Pictures that failed.</summary>
    public int Failed { get; private set; }

    /// <summary>Pictures with warnings.</summary>
    public int Warned { get; private set; }

    /// <summary>Pictures that are counted but have no row.</summary>
    public int Lost { get; set; }

    /// <summary>True when some rows are without thumbnails, since there are too many.</summary>
    public bool WithoutPictures { get; set; }

    /// <summary>All pictures.</summary>
    public int All => Done + Skipped + Failed;

    /// <summary>Counts one.</summary>
    public void Count(UpscaleOutcome outcome)
    {
        if (outcome.Result is not { } result)
            Failed++;
        else if (result.State == UpscaleState.Skipped)
            Skipped++;
        else
            Done++;
        if (outcome.Result?.Warnings.Count > 0)
            Warned++;
    }
}
