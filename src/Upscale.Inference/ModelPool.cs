namespace Upscale.Inference;

/// <summary>The pool as one stage sees it: with the device and the installed networks that were chosen for it.</summary>
internal sealed class ModelPool(SessionPool pool, DeviceInfo device, ModelCatalog catalog, string baseFolder, EngineUse engines, Action<string>? warn) : IModelPool
{
    /// <inheritdoc/>
    public string Device => device.Name;

    /// <inheritdoc/>
    public long TileBudget { get; } = pool.TileBudget(device);

    /// <inheritdoc/>
    public async ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken)
    {
        ModelCard card = await FindAsync(model, cancellationToken).ConfigureAwait(false);
        if (engines.Engine == InferenceEngine.Native)
            await Task.Run(() => pool.RequireNative(card, cancellationToken), cancellationToken).ConfigureAwait(false);
        return card;
    }

    /// <inheritdoc/>
    public async ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(card);
        return await pool.LeaseAsync(card, device, engines, warn, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(card);
        ModelComponent part = card.Components.FirstOrDefault(c => c.Name == component)
            ?? throw ModelFile.Refused(card.Path, $"has no component '{component}' but {string.Join(", ", card.Components.Select(c => $"'{c.Name}'"))}");
        ModelCard partCard = card with { Id = $"{card.Id}/{component}", Path = part.Path, Sha256 = part.Sha256, Components = [] };
        return await pool.LeaseAsync(partCard, device, engines, warn, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<ModelCard> FindAsync(string model, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        if (catalog.Find(model) is { } card)
            return await Task.Run(() => pool.Verify(card, cancellationToken), cancellationToken).ConfigureAwait(false);
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(model, baseFolder));
        string folder = Path.GetFileName(path) is CardReader.FileName or PipelineFolderReader.FileName ? Path.GetDirectoryName(path)! : path;
        if (Directory.Exists(folder) && await Task.Run(() => ModelCatalog.Read(folder), cancellationToken).ConfigureAwait(false) is { } found)
            return await Task.Run(() => pool.Verify(found, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (!File.Exists(path) && !LooksLikePath(model))
            throw catalog.NotFound(model);
        if (catalog.FindFile(path) is { } installed)
            return await Task.Run(() => pool.Verify(installed, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await pool.ProbeAsync(path, cancellationToken).ConfigureAwait(false);
    }

    private static bool LooksLikePath(string model)
        => model.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || model.Contains('/') || model.Contains(Path.DirectorySeparatorChar);
}
