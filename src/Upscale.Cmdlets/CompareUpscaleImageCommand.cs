using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>
/// <c>Compare-UpscaleImage</c>: how far results are from the truth (PSNR, SSIM, MS-SSIM, CIEDE2000), and from what they were made of
/// (consistency). What <c>Invoke-Upscale</c> writes can be piped in and is compared with its source. Samples are compared as stored; gray
/// with gray, else in RGB; transparent pictures over white.
/// </summary>
[Cmdlet(VerbsData.Compare, "UpscaleImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(UpscaleComparison))]
public sealed class CompareUpscaleImageCommand : PSCmdlet
{
    private readonly CancellationTokenSource _stop = new();
    private PictureComparer? _comparer;

    /// <summary>The truth, of the results' size, or a folder with truths that are called like the results or their sources.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? ReferencePath { get; set; }

    /// <summary>Results; wildcards name several. A file whose name has brackets in it is found by its name too.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Path", "PSPath")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] DifferencePath { get; set; } = [];

    /// <summary>The picture that the results were made of, or a folder with such pictures that are called like the results.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Source")]
    [ValidateNotNullOrEmpty]
    public string? SourcePath { get; set; }

    /// <summary>
    /// A picture to be made that shows truth, result and their difference, eight times, beside each other; or an existing folder for
    /// such pictures. Without a truth, the source is shown in its place, enlarged by the bicubic filter.
    /// </summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SideBySide { get; set; }

    /// <summary>Replaces existing pictures.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        try
        {
            _comparer = new PictureComparer(UpscaleEngine.Default);
        }
        catch (UpscaleException e)
        {
            ThrowTerminatingError(Failures.Record(e, null));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in DifferencePath)
        {
            try
            {
                foreach (string difference in FilePaths.Expand(this, path, folders: false))
                    Compare(difference);
            }
            catch (UpscaleException e)
            {
                WriteError(Failures.Record(e, path));
            }
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    private void Compare(string difference)
    {
        try
        {
            string? sideBySide = SideBySide is null ? null : FilePaths.Literal(this, SideBySide);
            if (sideBySide is not null && !ShouldProcess(sideBySide, $"Show {Path.GetFileName(difference)} beside what it is compared with"))
                sideBySide = null;
            var request = new ComparisonRequest
            {
                Difference = difference,
                Reference = ReferencePath is null ? null : FilePaths.Literal(this, ReferencePath),
                Source = SourcePath is null ? null : FilePaths.Literal(this, SourcePath),
                SideBySide = sideBySide,
                Force = Force,
            };
            UpscaleComparison comparison = _comparer!.CompareAsync(request, _stop.Token).GetAwaiter().GetResult();
            foreach (string warning in comparison.Warnings)
                WriteWarning(warning);
            WriteObject(comparison);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (Exception e) when (e is not PipelineStoppedException and not OperationCanceledException)
        {
            WriteError(Failures.Record(e, difference));
        }
    }
}
